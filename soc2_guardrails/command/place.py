"""Where a command runs: the Pulumi project it is about, and the team's `soc2.yaml`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import typer

from soc2_guardrails.workspace import FILE_VARIABLE, Workspace


@dataclass(frozen=True)
class Place:
    """The folder that a command was given or found.

    Attributes:
        current: the current folder.
        stated: the folder that `-C` names, None without it.
    """

    current: Path
    stated: Path | None = None

    @property
    def project(self) -> Path:
        """Where Pulumi runs.

        The folder of `-C` or SOC2_PROJECT, else that of the nearest `Pulumi.yaml` upwards, else the current one.
        """
        if self.stated is not None:
            return self.stated
        upwards = (self.current, *self.current.parents)
        return next((folder for folder in upwards if (folder / "Pulumi.yaml").is_file()), self.current)

    @cached_property
    def workspace(self) -> Workspace:
        """What `soc2.yaml` states: the one that SOC2_WORKSPACE names, else the one that is found.

        Raises:
            SettingsError: It is refused.
        """
        named = os.environ.get(FILE_VARIABLE)
        return Workspace.read(Path(named)) if named else Workspace.find(self.current, self.stated)


def place_of(context: typer.Context) -> Place:
    """The place that the options before the subcommand state."""
    place = context.find_object(Place)
    return place if place is not None else Place(Path.cwd())
