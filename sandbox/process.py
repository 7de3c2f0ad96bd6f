"""Run the Pulumi CLI as a child that gets to end by itself when it is interrupted."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

_Child: TypeAlias = "subprocess.Popen[str] | subprocess.Popen[bytes]"

OnLine = Callable[[str], None]
"""Receives each line of output as it comes, without its line end; stdout and stderr alike."""

_END_SECONDS = 20


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float | None = None,
    stream: OnLine | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end and return what it wrote.

    An interrupt from the terminal reaches the CLI too, which then cancels its work; only after that does it
    reach the caller, as KeyboardInterrupt.

    Raises:
        subprocess.TimeoutExpired: it did not end within `timeout` seconds; it was ended.
    """
    outputs: tuple[list[str], list[str]] = ([], [])
    streaming = threading.Lock()

    def read(source: IO[str], lines: list[str]) -> None:
        for line in source:
            lines.append(line)
            if stream:
                with streaming:
                    stream(line.rstrip("\n"))

    with _interrupts_deferred() as pass_on_to:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        pass_on_to(process)
        readers = [
            threading.Thread(target=read, args=(source, lines), daemon=True)
            for source, lines in zip((process.stdout, process.stderr), outputs, strict=True)
        ]
        for reader in readers:
            reader.start()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise
        for reader in readers:
            # A descendant that inherited the pipe must not hold the end up.
            reader.join(_END_SECONDS)
    return subprocess.CompletedProcess(command, process.returncode, "".join(outputs[0]), "".join(outputs[1]))


def show(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> int:
    """Run `command` to its end on the streams of this process, without its input, and return the exit code.

    Interrupts are handled as by `run`.
    """
    with _interrupts_deferred() as pass_on_to:
        process = subprocess.Popen(command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL)
        pass_on_to(process)
        return process.wait()


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _interrupts_deferred() -> Iterator[Callable[[_Child], None]]:
    """Until the end: SIGINT is left to the child, SIGTERM is passed on to it, and both take effect afterwards.

    Gives a function that takes the child, once it is there.
    """
    received: list[int] = []
    children: list[_Child] = []

    def pass_on() -> None:
        if signal.SIGTERM in received:
            for child in children:
                child.send_signal(signal.SIGINT)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        pass_on()

    def take(child: _Child) -> None:
        children.append(child)
        pass_on()

    if threading.current_thread() is not threading.main_thread():
        yield take
        return
    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield take
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if signal.SIGTERM in received:
        raise SystemExit(128 + signal.SIGTERM)
    if received:
        raise KeyboardInterrupt
