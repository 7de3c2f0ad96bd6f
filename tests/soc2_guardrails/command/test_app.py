"""`soc2` as a user types it: help, exit codes, what is on which stream."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from soc2_guardrails.command.app import app, run
from soc2_guardrails.command.exits import Exit
from soc2_guardrails.packs import PackError

from .soc2 import soc2


def command(raised: BaseException | None = None) -> typer.Typer:
    made = typer.Typer()

    @made.command()
    def only() -> None:
        if raised:
            raise raised

    return made


def test_help_lists_every_subcommand(tmp_path: Path) -> None:
    shown = soc2("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for name in ("preview", "up", "rules", "waivers", "stacks", "doctor", "schema"):
        assert f" {name} " in shown.stdout


@pytest.mark.parametrize("name", ["rules", "waivers", "stacks", "doctor"])
def test_help_of_each_teaches_by_example(tmp_path: Path, name: str) -> None:
    shown = soc2(name, "--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert f"soc2 {name}" in shown.stdout.partition("Examples:")[2]


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["rules", "list", "--nonsense"], ["-C", "nowhere", "rules", "list"]]
)
def test_a_wrong_command_line_is_not_taken_for_a_refusal(tmp_path: Path, arguments: list[str]) -> None:
    wrong = soc2(*arguments, cwd=tmp_path)
    assert wrong.returncode == Exit.COULD_NOT_RUN
    assert wrong.stdout == ""
    assert "Traceback" not in wrong.stderr


def test_an_error_of_ours_is_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command(PackError("[bold]the pack[/] is gone. Fetch it.")), []) == Exit.COULD_NOT_RUN
    said = capsys.readouterr()
    assert said.err == "[bold]the pack[/] is gone. Fetch it.\n"
    assert said.out == ""


def test_a_file_that_cannot_be_used_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command(PermissionError(13, "Permission denied", "/some/file")), []) == Exit.COULD_NOT_RUN
    assert capsys.readouterr().err == "/some/file: Permission denied\n"


@pytest.mark.parametrize("bug", [ZeroDivisionError(), OSError("nobody knows which file")])
def test_a_bug_is_not_swallowed(bug: Exception) -> None:
    with pytest.raises(type(bug)):
        run(command(bug), [])


@pytest.mark.parametrize("code", [Exit.REFUSED, Exit.DRIFT])
def test_exit_codes_are_passed_on(code: Exit) -> None:
    assert run(command(typer.Exit(code)), []) == code


def test_interrupted_it_ends_with_130(tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (tmp_path / "__main__.py").write_text("import pathlib, time\npathlib.Path('started').touch()\ntime.sleep(60)\n")
    with subprocess.Popen(
        [sys.executable, "-m", "soc2_guardrails", "rules", "list", "--policy-pack", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert process.returncode == Exit.INTERRUPTED
    assert "Traceback" not in errors
    assert out == ""


def test_soc2_is_the_command_of_the_package(repository: Path) -> None:
    stated = (repository / "pyproject.toml").read_text("utf-8")
    assert 'soc2 = "soc2_guardrails.command.app:main"' in stated
    assert app.info.name == "soc2"
