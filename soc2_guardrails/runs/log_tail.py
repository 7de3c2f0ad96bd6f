"""Follows a file of JSON lines while another process writes it."""

from __future__ import annotations

import json
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_POLL_SECONDS = 0.05


class LogTail:
    """Gives each object of the file, in order, to `on_event` from a thread of its own; a context manager.

    At the end of the context what is left of the file is given too. A last line that a killed writer left half-written
    is passed over. An error of `on_event` ends the thread and is raised at the end of the context.
    """

    def __init__(self, path: Path, on_event: Callable[[Mapping[str, Any]], None]) -> None:
        self._path = path
        self._on_event = on_event
        self._ended = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._follow, name="event-log", daemon=True)

    def __enter__(self) -> LogTail:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _follow(self) -> None:
        try:
            while not self._path.exists():
                if self._ended.wait(_POLL_SECONDS) and not self._path.exists():
                    return
            with self._path.open("rb") as file:
                self._read(file)
        except Exception as error:
            self._error = error

    def _read(self, file: IO[bytes]) -> None:
        rest = b""
        while True:
            last = self._ended.is_set()  # asked before reading, so that nothing is missed in between
            while chunk := file.read(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
            if last:
                self._take(rest)
                return
            self._ended.wait(_POLL_SECONDS)

    def _take(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict):
            self._on_event(event)
