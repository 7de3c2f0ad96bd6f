"""A program that finds the pack's port and calls it does not get its stack passed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.home import Sandbox

from .pack_process import PACK

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="the program reads the network table of Linux"),
]


@pytest.mark.parametrize("attack", ["configure", "ask-first", "cancel", "preview"])
def test_stays_refused(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    program = tmp_path / "program"
    shutil.copytree(Path(__file__).parent / "hostile", program, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("ATTACK", attack)
    run = make_sandbox(program).preview("dev", pack=PACK, timeout=120)
    output = run.stdout + run.stderr
    assert "attack: PERMISSION_DENIED" in output, "the attack never reached the pack, so the test shows nothing"
    assert "attack: accepted" not in output
    assert run.returncode != 0
    assert "tampered" in output
    assert "hunter2" not in output


def test_the_same_program_without_an_attack_is_refused_for_its_violation(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    source = (Path(__file__).parent / "hostile" / "__main__.py").read_text("utf-8")
    head, _, tail = source.partition("for port in listening_ports():")
    _, _, declaration = tail.partition("vercel.ProjectEnvironmentVariable(")
    (program / "__main__.py").write_text(f"{head}\nvercel.ProjectEnvironmentVariable({declaration}", "utf-8")
    run = make_sandbox(program).preview("dev", pack=PACK, timeout=120)
    assert run.returncode != 0
    assert "env-secret-must-be-sensitive" in run.stdout
    assert "tampered" not in run.stdout + run.stderr
