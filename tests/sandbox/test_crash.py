"""Runs that are killed or interrupted on the way: the account stays whole, and the stack can be finished."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.account import Account, AccountObject, Secret
from sandbox.home import Sandbox
from soc2_guardrails.engine import Engine
from tests.conftest import MakeSandbox
from tests.processes import processes_of, wait_until_none

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_ROOT = Path(__file__).parents[2]
_OBJECTS = 200
_PROJECT = "vercel:index/project:Project"
_VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
_WAIT_SECONDS = 60.0


@pytest.fixture
def program(tmp_path: Path, engine: Engine) -> Path:
    """The program in a folder of its own, ready for `python -m sandbox` too."""
    folder = tmp_path / "program"
    shutil.copytree(Path(__file__).parent / "many_objects", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".soc2").mkdir()
    (folder / ".soc2" / "engine").symlink_to(engine.path.parent)
    return folder


@pytest.fixture
def sandbox(make_sandbox: MakeSandbox, program: Path) -> Sandbox:
    """The sandbox that `python -m sandbox` uses in the program's folder."""
    return make_sandbox(program, "program/.soc2/sandbox")


def test_a_killed_provider_leaves_a_whole_account_and_the_next_up_finishes(sandbox: Sandbox) -> None:
    running = start_up(sandbox)
    wait_for_objects(sandbox, running, 50)
    os.kill(provider_of(sandbox), signal.SIGKILL)
    output = ending(running)
    assert running.returncode != 0, output
    assert 50 <= assert_whole(sandbox) < _OBJECTS, "the provider was killed too late to show anything"

    assert_finishes(sandbox)


def test_a_killed_cli_leaves_no_process_is_named_and_mended(sandbox: Sandbox) -> None:
    running = start_up(sandbox)
    wait_for_objects(sandbox, running, 100)
    running.kill()
    ending(running)
    assert not wait_until_none(sandbox.directory, seconds=10)
    assert 100 <= assert_whole(sandbox) < _OBJECTS, "the CLI was killed too late to show anything"

    refused = command_line(sandbox, "up", "dev", "--no-pack")
    assert refused.returncode == 1
    [lock] = sandbox.state.glob(".pulumi/locks/**/*.json")
    assert f"stale lock, held by no process: {lock}" in refused.stderr
    assert "pending operation, creating: urn:pulumi:dev::soc2-guardrails::" in refused.stderr
    assert "python -m sandbox mend dev" in refused.stderr

    mended = command_line(sandbox, "mend", "dev")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "Stack 'dev' is mended" in mended.stdout
    assert_finishes(sandbox)
    again = command_line(sandbox, "mend", "dev")
    assert "Stack 'dev' needs no mending" in again.stdout


def test_an_interrupted_up_ends_in_order_and_the_next_one_finishes(sandbox: Sandbox) -> None:
    running = start_up(sandbox)
    wait_for_objects(sandbox, running, 50)
    # A terminal sends Ctrl-C to the whole process group.
    os.killpg(running.pid, signal.SIGINT)
    output = ending(running)
    assert running.returncode > 0, output
    assert "Traceback" not in output
    assert not wait_until_none(sandbox.directory, seconds=10)
    assert sandbox.interruption("dev") is None, "an end in order leaves no lock and no pending operation"
    assert 50 <= assert_whole(sandbox) < _OBJECTS

    assert_finishes(sandbox)


def start_up(sandbox: Sandbox) -> subprocess.Popen[str]:
    """Start `up`, in a process group of its own as a shell does."""
    return subprocess.Popen(
        [str(sandbox.engine.path), "--non-interactive", "--color", "never", *sandbox.operation("up", "dev")],
        cwd=sandbox.project.copy,
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ending(running: subprocess.Popen[str]) -> str:
    """Wait for the end of a run; return what it wrote."""
    output, _ = running.communicate(timeout=_WAIT_SECONDS)
    return output


def wait_for_objects(sandbox: Sandbox, running: subprocess.Popen[str], number: int) -> None:
    account = Account.open(sandbox.account_path)
    deadline = time.monotonic() + _WAIT_SECONDS
    while account.count() < number:
        assert running.poll() is None, ending(running)
        assert time.monotonic() < deadline, f"there are no {number} objects after {_WAIT_SECONDS} s"
        time.sleep(0.02)


def provider_of(sandbox: Sandbox) -> int:
    """The process id of the run's Vercel provider."""
    # The environment stands behind the command and may hold anything: it is cut off.
    commands = {pid: text.partition(" SOC2_SANDBOX=")[0] for pid, text in processes_of(sandbox.directory).items()}
    [provider] = [pid for pid, text in commands.items() if "run_module('sandbox.provider'" in text]
    return provider


def assert_whole(sandbox: Sandbox) -> int:
    """Check the account file and that each object in it is complete; return how many there are."""
    with closing(sqlite3.connect(sandbox.account_path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    account = Account.open(sandbox.account_path)
    objects = [one for listed in account.list() if (one := account.read(listed.address))]
    for one in objects:
        assert_complete(one, objects)
    return len(objects)


def assert_complete(one: AccountObject, objects: list[AccountObject]) -> None:
    assert one.urn
    assert one.properties["id"] == one.id
    assert None not in one.properties.values()
    if one.type == _VARIABLE:
        number = one.urn.rpartition("-")[2]
        assert one.properties["key"] == f"VARIABLE_{number}"
        assert one.properties["value"] == Secret(f"value-{number}")
        assert one.properties["targets"] == ["preview", "production"]
        assert one.parent in {other.address for other in objects if other.type == _PROJECT}


def assert_finishes(sandbox: Sandbox) -> None:
    """Check that `up` makes the rest, that everything is there once, and that a preview finds no change."""
    finished = sandbox.up("dev", timeout=_WAIT_SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert assert_whole(sandbox) == _OBJECTS
    objects = Account.open(sandbox.account_path).list()
    assert Counter(one.type for one in objects) == {_PROJECT: 1, _VARIABLE: _OBJECTS - 1}
    assert len({one.urn for one in objects}) == _OBJECTS
    clean = sandbox.preview("dev", "--expect-no-changes", timeout=_WAIT_SECONDS)
    assert clean.returncode == 0, clean.stdout + clean.stderr


def command_line(sandbox: Sandbox, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m sandbox` in the program's folder."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *args],
        cwd=sandbox.project.source,
        env={**os.environ, "PYTHONPATH": str(_ROOT), "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_WAIT_SECONDS,
        check=False,
    )
