"""Running a process that gets to end by itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import process

ROOT = Path(__file__).parents[2]

# Says when it runs, and that it ended by itself on SIGINT.
CHILD = "trap 'echo ended by itself; exit 3' INT; echo running; while :; do sleep 0.05; done"
PARENT = f"""
import os, sys
from pathlib import Path
from sandbox import process

try:
    process.run(["sh", "-c", {CHILD!r}], cwd=Path("/"), env=os.environ, stream=lambda line: print(line, flush=True))
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
"""


def run(script: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    return process.run(["sh", "-c", script], cwd=Path("/"), env=os.environ, timeout=timeout)


def test_output_and_exit_code_are_returned() -> None:
    done = run("echo out; echo error >&2; exit 4")
    assert (done.returncode, done.stdout, done.stderr) == (4, "out\n", "error\n")


def test_lines_are_streamed_as_they_come() -> None:
    seen: list[tuple[str, float]] = []
    process.run(
        ["sh", "-c", "echo one; sleep 0.5; echo two"],
        cwd=Path("/"),
        env=os.environ,
        stream=lambda line: seen.append((line, time.monotonic())),
    )
    assert [line for line, _ in seen] == ["one", "two"]
    assert seen[1][1] - seen[0][1] > 0.3


def test_one_that_takes_too_long_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run("exec sleep 60", timeout=0.5)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("number", "to_group", "code", "last"),
    [
        # As a terminal does on Ctrl-C.
        (signal.SIGINT, True, 130, "interrupted"),
        # As an init system or a runner does.
        (signal.SIGTERM, False, 143, "ended by itself"),
    ],
)
def test_an_interrupt_takes_effect_after_the_child_ended_by_itself(
    number: signal.Signals, to_group: bool, code: int, last: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "running\n"
        (os.killpg if to_group else os.kill)(parent.pid, number)
        output, _ = parent.communicate(timeout=20)
    assert parent.returncode == code
    assert output.splitlines()[0] == "ended by itself"
    assert output.splitlines()[-1] == last
