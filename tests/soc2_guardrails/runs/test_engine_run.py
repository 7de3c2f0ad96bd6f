"""A child that is left to end by itself, and that never outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from soc2_guardrails.runs.engine_run import Ended, run_engine
from soc2_guardrails.runs.run_folder import RunFolder, is_alive, new_run

# Says that it is there, then ends at the interrupt with the number given, unless it is held.
_CHILD = """
import os, pathlib, signal, sys, time
interrupts = []
signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
there = pathlib.Path(sys.argv[1])
there.write_text(str(os.getpid()))
while len(interrupts) < int(sys.argv[2]):
    time.sleep(0.05)
there.with_suffix(".ending").touch()
while there.with_suffix(".held").exists():
    time.sleep(0.05)
print("ended by itself", flush=True)
sys.exit(7)
"""

_RUN = """
import sys
from pathlib import Path
from soc2_guardrails.runs.engine_run import run_engine
from soc2_guardrails.runs.run_folder import RunFolder
with RunFolder(Path(sys.argv[1]), sys.argv[2]) as folder:
    run_engine(sys.argv[3:], cwd=Path("."), environment={}, output=folder.path / "output", keep_open=folder.lock)
"""


def run(tmp_path: Path, *command: str) -> Ended:
    with RunFolder(tmp_path / "state" / "runs", new_run()) as folder:
        return run_engine(
            command, cwd=tmp_path, environment=dict(os.environ), output=tmp_path / "output", keep_open=folder.lock
        )


def signals_once_there(there: Path, numbers: list[int]) -> None:
    """Sends signals to this process, each half a second after the one before."""

    def send() -> None:
        wait_for(there)
        for number in numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.5)

    threading.Thread(target=send, daemon=True).start()


def test_exit_code_and_output_are_those_of_the_command(tmp_path: Path) -> None:
    ended = run(tmp_path, sys.executable, "-c", "import sys; print('out'); sys.stderr.write('err'); sys.exit(5)")
    assert (ended.exit_code, ended.killed, ended.interrupted) == (5, False, False)
    assert "out" in ended.output
    assert "err" in ended.output


def test_an_interrupt_reaches_the_command_and_has_no_other_effect(tmp_path: Path) -> None:
    there = tmp_path / "there"
    signals_once_there(there, [signal.SIGTERM])
    ended = run(tmp_path, sys.executable, "-c", _CHILD, str(there), "1")
    assert (ended.exit_code, ended.signals) == (7, (signal.SIGTERM,))
    assert "ended by itself" in ended.output


def test_a_second_interrupt_reaches_it_too_and_a_third_kills_it(tmp_path: Path) -> None:
    there = tmp_path / "there"
    signals_once_there(there, [signal.SIGINT, signal.SIGINT])
    assert run(tmp_path, sys.executable, "-c", _CHILD, str(there), "2").exit_code == 7

    there.unlink()
    (tmp_path / "output").unlink()
    signals_once_there(there, [signal.SIGINT] * 3)
    ended = run(tmp_path, sys.executable, "-c", _CHILD, str(there), "9")
    assert ended.interrupted
    assert not _lives(int(there.read_text()))


def test_a_command_that_was_killed_is_known(tmp_path: Path) -> None:
    ended = run(tmp_path, sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (ended.exit_code, ended.killed) == (128 + signal.SIGKILL, True)


def test_a_command_whose_run_is_killed_is_interrupted_and_holds_the_lock_until_its_end(tmp_path: Path) -> None:
    there, runs, name = tmp_path / "there", tmp_path / "state" / "runs", new_run()
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", _RUN, str(runs), name, sys.executable, "-c", _CHILD, str(there), "1"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(root)}) as process:
        wait_for(there)
        there.with_suffix(".held").touch()
        process.kill()
        process.wait()
    wait_for(there.with_suffix(".ending"))
    assert is_alive(runs, name), "the child still holds it"
    there.with_suffix(".held").unlink()
    deadline = time.monotonic() + 10
    while is_alive(runs, name) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(runs, name)
    assert "ended by itself" in (runs / name / "output").read_text()


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")
