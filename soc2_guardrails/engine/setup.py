"""Get a Pulumi CLI: the one that is there, else the official installer, else a build from Go modules."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from typing import TYPE_CHECKING

from .build import build
from .errors import AttemptError, EngineUnavailableError, UnusableDirectoryError
from .install import install
from .search import MINIMUM, Engine, default_directory, search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .longrun import Progress

_THERE = "a CLI that is already there"
_WAYS = (("the official installer", install), ("a build from Go modules", build))


def ensure(progress: Progress, directory: Path | None = None) -> Engine:
    """Return a CLI that is new enough, getting one into `directory` if there is none.

    Does nothing but look if one is there, so a second call needs no network. May be interrupted at any point
    and called again: a CLI appears under its name only once it is whole.

    Args:
        progress: receives one line of plain text for each step, and one every fifteen seconds of a long one.
        directory: the folder of the project's own CLI; by default `default_directory()`.

    Raises:
        EngineUnavailableError: no way worked; the message says what was tried and what to install.
        UnusableDirectoryError: `directory` cannot be written to.
    """
    directory = (directory or default_directory()).resolve()
    found = search(directory)
    if found.engine:
        _tell(found.rejected, progress)
        return found.engine
    with _alone_in(directory, progress):
        # Whoever held the folder may have got it meanwhile.
        found = search(directory)
        _tell(found.rejected, progress)
        if found.engine:
            return found.engine
        attempts = [(_THERE, "; ".join(found.rejected) or f"none on PATH, none in {directory}")]
        for way, get in _WAYS:
            try:
                get(directory, progress)
            except AttemptError as error:
                attempts.append((way, str(error)))
                progress(f"Pulumi CLI: {way} did not work: {error}")
                continue
            if engine := search(directory).engine:
                return engine
            attempts.append((way, "it left no CLI that works"))
        raise EngineUnavailableError(str(MINIMUM), attempts)


def _tell(rejected: tuple[str, ...], progress: Progress) -> None:
    for line in rejected:
        progress(f"Pulumi CLI: {line}")


@contextlib.contextmanager
def _alone_in(directory: Path, progress: Progress) -> Iterator[None]:
    """Hold `directory` against another set-up, and clear what a killed one left."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / ".lock").open("w")
    except OSError as error:
        raise UnusableDirectoryError(directory, error.strerror or str(error)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Pulumi CLI: another set-up is under way in this folder; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in (*directory.glob(".install-*"), *directory.glob(".build-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
