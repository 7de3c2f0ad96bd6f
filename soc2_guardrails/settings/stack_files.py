"""The stack files of a project: which there are, and what one says, with faults named by line and column."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

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
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _OnceLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        raise SettingsError(label, [_told(error)]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(label, [f"the file is no YAML in UTF-8: {type(error).__name__}"]) from None
    except OSError as error:
        raise SettingsError(label, [f"the file cannot be read: {error.strerror}"]) from None
    if content is None:
        raise SettingsError(label, ["the file is empty; it needs a mapping under the key config"])
    if not isinstance(content, Mapping) or not isinstance(content.get("config"), Mapping):
        raise SettingsError(label, ["config: is missing or no mapping; settings stand below this key"])
    return StackFile(path, label, cast("Mapping[str, object]", content["config"]))


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, of which plain YAML loading keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(None, None, "a key that is no text", key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _told(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    # PyYAML's own text can quote a character but never a value, so it is safe to repeat.
    return f"{where}{error.problem or 'the file is no YAML'}"
