"""The git commit that a run would be of."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .finding import Finding, ok, problem, warning

_AREA: Final = "git"
_SECONDS: Final = 20.0


def repository(folder: Path) -> Iterator[Finding]:
    """Whether there is a commit, and whether the working tree is what it says."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=normal")
    except FileNotFoundError:
        yield warning(_AREA, "git is not installed, so records name no commit", "install git")
    except subprocess.TimeoutExpired:
        yield problem(_AREA, f"git did not answer within {_SECONDS:.0f} s", "see whether the disk hangs")
    except subprocess.CalledProcessError:
        yield warning(_AREA, f"{folder} has no commit, so records name none", "git init, and commit")
    else:
        if number := len(changed.splitlines()):
            what = f"{commit[:12]}, and {number} {'file differs' if number == 1 else 'files differ'} from it"
            yield warning(_AREA, what, "commit before an update, so that the record says what was deployed")
        else:
            yield ok(_AREA, f"{commit[:12]}, and nothing differs from it")


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_SECONDS,
        check=True,
    ).stdout.strip()
