"""The folder that a run works in, and the lock in it, by which a later run can tell whether it still lives."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

_LOCK: Final = "lock"
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_MACHINE_ID: Final = Path("/etc/machine-id")


def new_run() -> str:
    """A name for a run that no other has: the time, and eight hexadecimal digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


class RunFolder:
    """A private folder of one run below `folder`, with a lock that is held as long as the run or its engine lives.

    A context manager: the folder is removed at the end.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self.path = folder / run
        _make_private(folder)
        self.path.mkdir(mode=0o700)
        self.lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)

    def journals(self, phase: str) -> Path:
        """An empty folder for the one journal of a phase."""
        folder = self.path / f"journal-{phase}"
        folder.mkdir(mode=0o700)
        return folder


def is_alive(folder: Path, run: str) -> bool:
    """Whether a run of this machine, or the engine that it started, still holds its lock."""
    if not _NAME.fullmatch(run):
        return False  # no name of a run of this machine
    try:
        lock = os.open(folder / run / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def clear(folder: Path, run: str) -> None:
    """Removes what a killed run left."""
    if _NAME.fullmatch(run):
        shutil.rmtree(folder / run, ignore_errors=True)


def host_digest(folder: Path) -> str:
    """What all runs on this machine that work below `folder` have in common, and no other: only they see its locks."""
    try:
        machine = _MACHINE_ID.read_text(encoding="ascii").strip()
    except OSError:
        machine = ""
    told = "\0".join((machine, socket.gethostname(), str(folder.resolve())))
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = folder.parent / ".gitignore"
    if not ignored.exists():
        # What is kept here is no part of the project; it must neither be committed nor make the tree dirty.
        ignored.write_text("*\n", encoding="ascii")
