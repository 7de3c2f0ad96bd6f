"""The Pulumi project that a run is of: its name, the stack that is meant, and where its stack files are."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from .errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from soc2_guardrails.engine import Engine

_ANSWER_SECONDS = 120


class ProjectError(RunError):
    """There is no such project or stack; the message says what to do."""


@dataclass(frozen=True, slots=True)
class PulumiProject:
    """A project.

    Attributes:
        folder: of its `Pulumi.yaml`, where the CLI runs.
        name: its name.
        stack_folder: where its stack files are.
    """

    folder: Path
    name: str
    stack_folder: Path

    @classmethod
    def read(cls, folder: Path) -> PulumiProject:
        """Reads `Pulumi.yaml` in a folder.

        Raises:
            ProjectError: there is none that can be read.
        """
        file = folder / "Pulumi.yaml"
        try:
            stated: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ProjectError(
                f"{file}: {error.strerror}. Run soc2 in the folder of a Pulumi project, or name it: soc2 -C FOLDER ..."
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ProjectError(f"{file}: it is no YAML") from error
        name = stated.get("name") if isinstance(stated, Mapping) else None
        if not isinstance(name, str) or not name:
            raise ProjectError(f"{file}: name: is missing")
        return cls(folder, name, folder / str(stated.get("stackConfigDir") or "."))

    def stack(self, engine: Engine, asked: str | None, environment: Mapping[str, str]) -> str:
        """The short name of the stack that is asked for, or of the one that is selected; raises as `reference` does."""
        return self.reference(engine, asked, environment).rpartition("/")[2]

    def reference(self, engine: Engine, asked: str | None, environment: Mapping[str, str]) -> str:
        """The stack that is asked for, or the one that is selected, as the CLI names it without doubt.

        Raises:
            ProjectError: there is no such stack, none is selected, or the CLI cannot tell.
        """
        named = ("--stack", asked) if asked else ()
        command = [str(engine.path), "--non-interactive", "--color", "never", "--fully-qualify-stack-names"]
        command += ["stack", "--show-name", *named]
        try:
            answer = subprocess.run(
                command,
                cwd=self.folder,
                env=dict(environment),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_ANSWER_SECONDS,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ProjectError(f"pulumi did not say within {_ANSWER_SECONDS} s which stack it is") from error
        if answer.returncode == 0:
            return answer.stdout.strip()
        why = answer.stderr.strip().removeprefix("error: ")
        if "PULUMI_ACCESS_TOKEN" in why:
            raise ProjectError(
                "pulumi is not logged in to the backend that holds the state: `pulumi login`, or set "
                "PULUMI_ACCESS_TOKEN (Pulumi Cloud) or PULUMI_BACKEND_URL. `soc2 doctor` tells what else is missing"
            )
        if asked is None:
            raise ProjectError(f"{why}. Or name one: soc2 preview --stack NAME")
        raise ProjectError(
            f"stack {asked!r}: {why}. Make it with `pulumi stack init {asked}`, or see `pulumi stack ls`"
        )
