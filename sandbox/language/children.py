"""The processes a language host has started: none of them outlives it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TETHER = Path(__file__).with_name("tether.py")
_GRACE_SECONDS = 2.0


class Children:
    """Starts child processes, each tethered to this one, and ends those that are left.

    Children stay in the process group of the host: the engine interrupts and kills the whole group.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        piped: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start `command`; with `piped` its stdout and stderr are pipes, else they are this process's own.

        Raises:
            RuntimeError: the host is ending and starts nothing more.
        """
        stream = subprocess.PIPE if piped else None
        with self._lock:
            if self._ended:
                raise RuntimeError("the language host is ending")
            child = subprocess.Popen(
                command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )
            self._running.add(child)
        return child

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for `child` and return its exit code, negative if a signal ended it."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """End `child`: asked first, killed after two seconds."""
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                child.kill()

    def end_all(self) -> None:
        """End every child that still runs, and let none start after this."""
        with self._lock:
            self._ended = True
            running = list(self._running)
        for child in running:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        for child in running:
            self.end(child)


def tethered(interpreter: Path, kind: str, target: str, *args: str) -> list[str]:
    """The command that runs `target` (`kind` is `file` or `module`) and ends with this process."""
    return [str(interpreter), "-u", str(TETHER), str(os.getpid()), kind, target, *args]
