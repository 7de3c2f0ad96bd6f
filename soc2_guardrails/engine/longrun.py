"""Run a process that takes minutes: it says that it is alive, has a time limit and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import AttemptError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Progress = Callable[[str], None]
"""Receives one line of plain text for each step, and now and then one while a step takes long."""

_HEARTBEAT_SECONDS = 15.0


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    limit_seconds: float,
    heartbeat: Callable[[float, int], None],
) -> None:
    """Run `command` to its end, calling `heartbeat(seconds, lines of output)` every fifteen seconds.

    Interrupting it (KeyboardInterrupt) ends the process and all it started.

    Raises:
        AttemptError: it does not start, fails (with the last line it said), or is not done in time.
    """
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
    except OSError as error:
        raise AttemptError(f"`{command[0]}` does not start: {error.strerror}") from error

    def read() -> None:
        for line in process.stdout or ():
            lines.append(line.rstrip())  # noqa: PERF401 - another thread counts them as they come

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    started = time.monotonic()
    try:
        while True:
            elapsed = time.monotonic() - started
            try:
                process.wait(max(0.0, min(_HEARTBEAT_SECONDS, limit_seconds - elapsed)))
                break
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - started
                if elapsed >= limit_seconds:
                    raise AttemptError(f"not done after {limit_seconds:.0f} s") from None
                heartbeat(elapsed, len(lines))
    finally:
        _end_group(process)
    reader.join(timeout=5)
    if process.returncode:
        said = [line for line in lines if line.strip()]
        raise AttemptError(said[-1].strip() if said else f"exit code {process.returncode}")


def _end_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def duration(seconds: float) -> str:
    """Seconds as people say them: `45 s`, `2 min 15 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
