"""Runs the engine as a child that always gets to end by itself, and that never outlives the run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

_KEEPER: Final = Path(__file__).with_name("keeper.py")
_POLL_SECONDS: Final = 0.2
_END_SECONDS: Final = 10.0
_KILLED: Final = 128
"""Exit codes above it are signals; the CLI's own -1 arrives as 255."""
_UNKNOWN_FAILURE: Final = 255


@dataclass(frozen=True, slots=True)
class Ended:
    """How the engine ended.

    Attributes:
        exit_code: the CLI's, or 128 and the number of the signal that ended it.
        signals: what this process was sent meanwhile.
        stdout: what the CLI wrote.
        stderr: likewise.
    """

    exit_code: int
    signals: tuple[int, ...]
    stdout: str
    stderr: str

    @property
    def killed(self) -> bool:
        """Whether a signal ended the CLI before it could end by itself."""
        return _KILLED < self.exit_code < _UNKNOWN_FAILURE

    @property
    def interrupted(self) -> bool:
        """Whether it was not left to end in its own time."""
        return bool(self.signals) or self.killed


def run_engine(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], keep_open: int) -> Ended:
    """Run the CLI to its end.

    A first SIGINT, SIGTERM or SIGHUP interrupts the CLI, which cancels what it can; a second makes it end at once; a
    third kills it. They take no other effect here. The CLI has a process group of its own, so that a terminal's
    interrupt comes to it once, through here.

    Args:
        command: the CLI's whole command line.
        cwd: where it runs.
        environment: its whole environment.
        keep_open: file descriptor of the run's lock, which the CLI inherits and so holds as long as it lives.
    """
    with _signals() as received:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(os.getpid()), *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            process_group=0,
            pass_fds=(keep_open,),
        )
        outputs: tuple[list[str], list[str]] = ([], [])
        readers = [
            threading.Thread(target=_read, args=(source, lines), daemon=True)
            for source, lines in zip((process.stdout, process.stderr), outputs, strict=True)
        ]
        for reader in readers:
            reader.start()
        _wait(process, received)
        for reader in readers:
            reader.join(_END_SECONDS)  # a descendant that inherited the pipe must not hold the end up
    return Ended(process.returncode, tuple(received), "".join(outputs[0]), "".join(outputs[1]))


def _read(source: IO[str], lines: list[str]) -> None:
    lines.extend(source)


def _wait(process: subprocess.Popen[str], received: Sequence[int]) -> None:
    passed_on = 0
    while True:
        try:
            process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        else:
            return
        while passed_on < len(received):
            passed_on += 1
            with contextlib.suppress(ProcessLookupError):
                if passed_on < 3:
                    process.send_signal(signal.SIGINT)
                else:
                    os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def _signals() -> Iterator[Sequence[int]]:
    """Collects signals in place of their effect, in the main thread, which alone can."""
    received: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


