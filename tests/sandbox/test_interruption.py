"""What a killed CLI leaves in the state is found; runs that are really killed are in `test_crash.py`."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.interruption import InterruptedStackError, find_interruption

URN = "urn:pulumi:dev::shop::vercel:index/project:Project::web"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / ".pulumi" / "locks" / "organization" / "shop" / "dev").mkdir(parents=True)
    (tmp_path / ".pulumi" / "stacks" / "shop").mkdir(parents=True)
    return tmp_path


def write_lock(state: Path, text: str) -> Path:
    lock = state / ".pulumi" / "locks" / "organization" / "shop" / "dev" / "one.json"
    lock.write_text(text)
    return lock


def write_pending(state: Path) -> None:
    pending = [{"type": "creating", "resource": {"urn": URN}}]
    content = {"version": 3, "checkpoint": {"stack": "dev", "latest": {"pending_operations": pending}}}
    (state / ".pulumi" / "stacks" / "shop" / "dev.json").write_text(json.dumps(content))


def ended_pid() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def owned_by(pid: int, host: str | None = None) -> str:
    return json.dumps({"pid": pid, "hostname": host or socket.gethostname(), "username": "me"})


def test_nothing_is_found_in_a_state_that_is_whole(state: Path) -> None:
    assert find_interruption(state, "shop", "dev") is None


@pytest.mark.parametrize("text", ["", '{"pid": 1', "{}"])
def test_a_lock_that_names_no_process_is_stale(state: Path, text: str) -> None:
    lock = write_lock(state, text)
    found = find_interruption(state, "shop", "dev")
    assert found is not None
    assert found.locks == (lock,)


def test_a_lock_of_an_ended_process_is_stale(state: Path) -> None:
    lock = write_lock(state, owned_by(ended_pid()))
    write_pending(state)
    found = find_interruption(state, "shop", "dev")
    assert found is not None
    message = str(InterruptedStackError(found))
    for part in (
        str(lock),
        f"creating: {URN}",
        "python -m sandbox mend dev",
        "pulumi cancel",
        "--clear-pending-creates",
    ):
        assert part in message


@pytest.mark.parametrize("text", [owned_by(os.getpid()), owned_by(1, "another-machine")])
def test_a_lock_that_may_be_held_is_left_alone(state: Path, text: str) -> None:
    write_lock(state, text)
    write_pending(state)
    assert find_interruption(state, "shop", "dev") is None


def test_pending_operations_are_found_without_a_lock(state: Path) -> None:
    write_pending(state)
    found = find_interruption(state, "shop", "dev")
    assert found is not None
    assert [(one.kind, one.urn) for one in found.pending] == [("creating", URN)]


def test_a_damaged_state_file_is_named(state: Path) -> None:
    (state / ".pulumi" / "stacks" / "shop" / "dev.json").write_text("{")
    with pytest.raises(SandboxError, match=r"dev\.json is damaged.*dev\.json\.bak"):
        find_interruption(state, "shop", "dev")
