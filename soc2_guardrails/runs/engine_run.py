"""Runs the engine as a child that always gets to end by itself, and that never outlives the run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

_KEEPER: Final = Path(__file__).with_name("keeper.py")
_POLL_SECONDS: Final = 0.2
_KILLED: Final = 128
"""Exit codes above it are signals; the CLI's own -1 arrives as 255."""
_UNKNOWN_FAILURE: Final = 255


@dataclass(frozen=True, slots=True)
class Ended:
    """How the engine ended.

    Attributes:
        exit_code: the CLI's, or 128 and the number of the signal that ended it.
        signals: what this process was sent meanwhile.
        output: what the CLI wrote.
        errors: what it wrote to standard error, where that was kept apart.
    """

    exit_code: int
    signals: tuple[int, ...]
    output: str
    errors: str = ""

    @property
    def killed(self) -> bool:
        """Whether a signal ended the CLI before it could end by itself."""
        return _KILLED < self.exit_code < _UNKNOWN_FAILURE

    @property
    def interrupted(self) -> bool:
        """Whether it was not left to end in its own time."""
        return bool(self.signals) or self.killed


def run_engine(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    output: Path,
    keep_open: int,
    errors: Path | None = None,
) -> Ended:
    """Run the CLI to its end.

    A first SIGINT, SIGTERM or SIGHUP interrupts the CLI, which cancels what it can; a second makes it end at once; a
    third kills it. They take no other effect here. The CLI has a process group of its own, so that a terminal's
    interrupt comes to it once, through here.

    Args:
        command: the CLI's whole command line.
        cwd: where it runs.
        environment: its whole environment.
        output: file for what the CLI writes. No pipe: a CLI whose reader was killed dies of it, and leaves its state
            locked, where it could have ended by itself.
        keep_open: file descriptor of the run's lock, which the CLI inherits and so holds as long as it lives.
        errors: file for what it writes to standard error; None for the same one.
    """
    with contextlib.ExitStack() as opened:
        received = opened.enter_context(_signals())
        written = opened.enter_context(output.open("xb"))
        complaints = opened.enter_context(errors.open("xb")) if errors else subprocess.STDOUT
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(os.getpid()), *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=complaints,
            process_group=0,
            pass_fds=(keep_open,),
        )
        _wait(process, received)
    texts = [each.read_text(encoding="utf-8", errors="replace") if each else "" for each in (output, errors)]
    return Ended(process.returncode, tuple(received), *texts)


def _wait(process: subprocess.Popen[bytes], received: Sequence[int]) -> None:
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
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` wants it
        numbers.append(signal.SIGHUP)
    previous = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
