"""From the folder that `soc2` is run in to what `soc2.yaml` states, and where that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import ValidationError

from soc2_guardrails.settings.documents import Document, read_document
from soc2_guardrails.settings.problems import Problem, SettingsError, from_validation

from .models import WorkspaceSettings

FILE_NAME: Final = "soc2.yaml"
FILE_VARIABLE: Final = "SOC2_WORKSPACE"
"""Names the file, in place of looking for one; the sandbox sets it, so that its records stay its own."""
PROJECT_VARIABLE: Final = "SOC2_PROJECT"
"""Names the folder of the Pulumi project, as `-C` does; the sandbox names its copy, which the engine writes into."""
_PROJECT_FILE: Final = "Pulumi.yaml"
_PACK_FILE: Final = "PulumiPolicy.yaml"


@dataclass(frozen=True)
class Workspace:
    """What a team states for `soc2`, and the folder that relative paths in it start from."""

    root: Path
    """The folder of `soc2.yaml`; without one, that of the nearest `Pulumi.yaml` upwards. Absolute."""
    file: Path | None
    """The `soc2.yaml` that was read, None where there is none and the defaults hold."""
    settings: WorkspaceSettings

    @classmethod
    def find(cls, start: Path, project: Path | None = None) -> Self:
        """Find and read `soc2.yaml`.

        It is looked for in `start` and the folders above it, then the same way from `project`. The search ends at the
        root of a git repository: what lies above belongs to somebody else.

        Args:
            start: The current folder.
            project: The folder that `-C` names, where Pulumi runs.

        Raises:
            SettingsError: The file is unreadable or refused; it names the file, line, key and what is allowed.
        """
        starts = [start.absolute(), *([project.absolute()] if project else [])]
        for each in starts:
            if folder := _nearest(each, FILE_NAME):
                return cls.read(folder / FILE_NAME)
        root = next((found for each in reversed(starts) if (found := _nearest(each, _PROJECT_FILE))), starts[0])
        return cls(root, None, WorkspaceSettings())

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a `soc2.yaml`.

        Raises:
            SettingsError: See `find`.
        """
        return cls(file.parent.absolute(), file, _settings(read_document(file, str(file)), str(file)))

    def path(self, stated: Path) -> Path:
        """A path of the settings, made absolute; `~` is the home folder."""
        return self.root / stated.expanduser()

    @property
    def pack(self) -> Path:
        """The folder of the policy pack. If none is stated or there, the one that comes with this package."""
        stated = self.settings.policy_pack
        folder = self.path(stated.path)
        if "path" in stated.model_fields_set or (folder / _PACK_FILE).exists():
            return folder
        # Inside the package in a wheel, beside it in the repository.
        here = Path(__file__).resolve()
        own = (parent / "policies" for parent in (here.parents[1], here.parents[2]))
        return next((each for each in own if (each / _PACK_FILE).exists()), folder)

    @property
    def pack_configuration(self) -> Path | None:
        """The file for the engine's `--policy-pack-config`, None if none is stated."""
        stated = self.settings.policy_pack.configuration
        return self.path(stated) if stated else None


def _nearest(start: Path, name: str) -> Path | None:
    return next((folder for folder in _upwards(start) if (folder / name).is_file()), None)


def _upwards(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _settings(document: Document, label: str) -> WorkspaceSettings:
    raw = {} if document.content is None else document.content
    try:
        # By way of JSON, since strict checking of JSON takes a list for every kind of sequence.
        return WorkspaceSettings.model_validate_json(
            json.dumps(raw, default=str), strict=True, by_alias=True, by_name=False
        )
    except ValidationError as error:
        problems = from_validation(error.errors(include_url=False), WorkspaceSettings)
        problems.sort(key=lambda problem: document.line(problem.location) or 0)
        raise SettingsError(label, [_line(problem, document) for problem in problems]) from None


def _line(problem: Problem, document: Document) -> str:
    number = document.line(problem.location)
    told = problem.line("") if problem.location else problem.text
    return f"line {number}: {told}" if number else told
