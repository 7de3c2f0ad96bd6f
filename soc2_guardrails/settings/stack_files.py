"""The stack files of a project: which there are, and what one says, with faults named by line and column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from .documents import read_document
from .problems import SettingsError, nearest

_FILE_NAME = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9._-]+)\.yaml")


@dataclass(frozen=True)
class StackFile:
    """A stack file that was read."""

    path: Path
    label: str
    """How messages name the file: the path from the project's folder."""
    config: Mapping[str, object]
    """The values below `config`, by their full keys."""


def stack_names(folder: Path) -> tuple[str, ...]:
    """The names of the stacks that have a file in the folder, sorted."""
    if not folder.is_dir():
        return ()
    matches = (_FILE_NAME.fullmatch(path.name) for path in folder.iterdir())
    return tuple(sorted(match["stack"] for match in matches if match))


def read_stack_file(folder: Path, stack: str) -> StackFile:
    """Read the file of a stack.

    Raises:
        SettingsError: When there is no such stack, or the file is empty, malformed or says something twice.
    """
    path = folder / f"Pulumi.{stack}.yaml"
    label = f"{folder.name}/{path.name}"
    names = stack_names(folder)
    if stack not in names:
        there = nearest(stack, names) if names else f"; there is no stack file in {folder}"
        raise SettingsError(label, [f"there is no stack {stack!r}{there}"])
    content = read_document(path, label).content
    if content is None:
        raise SettingsError(label, ["the file is empty; it needs a mapping under the key config"])
    if not isinstance(content, Mapping) or not isinstance(content.get("config"), Mapping):
        raise SettingsError(label, ["config: is missing or no mapping; settings stand below this key"])
    return StackFile(path, label, cast("Mapping[str, object]", content["config"]))
