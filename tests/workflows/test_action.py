"""What the action's script does before it comes to soc2, and with what soc2 says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_INPUTS = (
    "COMMAND",
    "STACK",
    "WORKSPACE",
    "PROJECT",
    "VIRTUALENV",
    "ACCOUNT",
    "PLANNED",
    "REVIEWED",
    "BASE",
    "REPORT",
    "PREVIEW_RESULT",
    "RECORD",
    "COMMIT",
    "PULL_REQUEST",
    "TOKEN",
)


def act(folder: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Runs the script in a folder; its exit code, what it wrote, and its outputs."""
    output = folder / "output.txt"
    output.write_text("")
    stated = {"workspace": "rules", "stack": "production", "planned": "planned.json", **inputs}
    values = {f"INPUT_{name}": stated.get(name.lower(), "") for name in _INPUTS}
    ended = subprocess.run(
        [str(_ROOT / "scripts" / "action")],
        cwd=folder,
        env={**os.environ, **values, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return ended.returncode, ended.stdout + ended.stderr, outputs


@pytest.fixture
def job(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "soc2.yaml").write_text(f"policyPack:\n  path: {_ROOT / 'policies'}\n")
    (tmp_path / "rules" / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    return tmp_path


def test_without_rules_of_the_base_nothing_runs(job: Path) -> None:
    (job / "rules" / "soc2.yaml").unlink()
    (job / "soc2.yaml").write_text("policyPack:\n  path: change\n")
    code, log, outputs = act(job, command="judge", report="report.json")
    assert (code, outputs) == (1, {})
    assert "the change could bring its own" in log


def test_an_unknown_command_is_refused(job: Path) -> None:
    code, log, _ = act(job, command="rm -rf .")
    assert code == 1
    assert "no command of that name" in log


@pytest.mark.parametrize("link", [False, True])
def test_a_plan_that_is_not_there_is_refused(job: Path, link: bool) -> None:
    if link:
        (job / "planned.json").symlink_to("/etc/passwd")
    code, log, outputs = act(job, command="judge", report="report.json", preview_result="success")
    assert (code, outputs) == (1, {"code": "1"})
    assert "There is no planned state to judge" in log


def test_nothing_that_was_reviewed_is_a_difference(job: Path) -> None:
    (job / "planned.json").write_text("{}")
    code, _, outputs = act(job, command="compare", reviewed="gone.json")
    assert (code, outputs) == (0, {"code": "3", "differs": "true"})


def test_a_plan_that_cannot_be_compared_fails(job: Path) -> None:
    for name in ("planned.json", "reviewed.json"):
        (job / name).write_text("{}")
    code, _, outputs = act(job, command="compare", reviewed="reviewed.json")
    assert (code, outputs) == (1, {"code": "1"})
