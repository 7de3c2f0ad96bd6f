"""Find a Pulumi CLI that is already there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from semver import Version

MINIMUM = Version(3, 249, 0)
"""The oldest CLI this project works with."""

_ANSWER_SECONDS = 60


class Source(Enum):
    """Where a CLI comes from."""

    PATH = "on PATH"
    INSTALLED = "installed into the project's folder"
    BUILT = "built into the project's folder"


@dataclass(frozen=True)
class Engine:
    """A Pulumi CLI: its executable, its version without a leading `v`, and where it comes from."""

    path: Path
    version: str
    source: Source

    @property
    def has_language_host(self) -> bool:
        """Whether the CLI carries its own Python language host, as its release archive does."""
        return (self.path.resolve().parent / "pulumi-language-python").exists()


@dataclass(frozen=True)
class Search:
    """The outcome of looking for a CLI: the one to use, and a line for each that is there but cannot be used."""

    engine: Engine | None
    rejected: tuple[str, ...]


def default_directory() -> Path:
    """The folder for a CLI of this project's own: `.soc2/engine` beside the nearest `Pulumi.yaml` upwards.

    Without a `Pulumi.yaml` it is below the current folder.
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").exists()), here)
    return root / ".soc2" / "engine"


def search(directory: Path | None = None) -> Search:
    """Look on PATH, then in `directory` (default: `default_directory()`), for a CLI that is new enough."""
    directory = (directory or default_directory()).resolve()
    rejected: list[str] = []
    on_path = shutil.which("pulumi")
    candidates = [
        (Source.PATH, Path(on_path) if on_path else None),
        (Source.INSTALLED, installed_path(directory)),
        (Source.BUILT, built_path(directory)),
    ]
    for source, path in candidates:
        if path is None or not path.exists():
            continue
        version = read_version(path)
        if version is None:
            rejected.append(f"{path} does not answer `pulumi version`")
        elif version < MINIMUM:
            rejected.append(f"{path} is {version}, older than {MINIMUM}")
        else:
            return Search(Engine(path, str(version), source), tuple(rejected))
    return Search(None, tuple(rejected))


def find(directory: Path | None = None) -> Engine | None:
    """The CLI to use, if one is there; see `search`."""
    return search(directory).engine


def installed_path(directory: Path) -> Path:
    """Where the official installer puts the CLI below `directory`."""
    return directory / "bin" / "pulumi"


def built_path(directory: Path) -> Path:
    """Where a CLI built from Go modules stands below `directory`."""
    return directory / "pulumi"


def read_version(executable: Path) -> Version | None:
    """The version that a CLI tells of itself; None if it does not run or tells none."""
    # The CLI writes logs below its home even for this; the user's own stays untouched.
    with tempfile.TemporaryDirectory(prefix="pulumi-home-") as home:
        try:
            answer = subprocess.run(
                [str(executable), "version"],
                capture_output=True,
                text=True,
                timeout=_ANSWER_SECONDS,
                check=True,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            )
            return Version.parse(answer.stdout.strip().removeprefix("v"))
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
