"""What holds of the workflow files as they stand, without running them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from .expressions import holds

_ROOT = Path(__file__).parents[2]
_FILES = sorted((_ROOT / ".github" / "workflows").glob("*.yml"))
_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"


def stated(name: str) -> Mapping[Any, Any]:
    told: Mapping[Any, Any] = yaml.safe_load((_ROOT / ".github" / "workflows" / name).read_text("utf-8"))
    return told


def jobs() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in _FILES:
        for name, job in stated(file.name)["jobs"].items():
            yield f"{file.name}: {name}", job


def steps() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, job in jobs():
        for step in job["steps"]:
            yield where, step
    for step in yaml.safe_load((_ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]:
        yield "action.yml", step


def test_every_job_has_its_own_permissions_and_an_end() -> None:
    assert _FILES
    for file in _FILES:
        assert stated(file.name)["permissions"] == {}, file.name
        assert "group" in stated(file.name)["concurrency"], file.name
    for where, job in jobs():
        assert "permissions" in job, where
        assert 0 < job["timeout-minutes"] <= 60, where


def test_actions_are_pinned_by_commit() -> None:
    for file in [*_FILES, _ROOT / "action.yml"]:
        for uses in re.findall(r"^\s*(?:- )?uses: (\S.*)", file.read_text("utf-8"), re.MULTILINE):
            assert uses.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses), uses


def test_no_text_of_others_is_put_into_a_script() -> None:
    for where, step in steps():
        assert "${{" not in step.get("run", ""), where


def test_no_workflow_runs_a_pull_request_with_the_rights_of_the_base() -> None:
    for file in _FILES:
        assert "pull_request_target" not in file.read_text("utf-8")


def test_the_job_that_runs_the_program_has_nothing_to_take() -> None:
    job = stated("soc2-preview.yml")["jobs"]["preview"]
    assert job["permissions"] == {"contents": "read"}
    assert "environment" not in job
    text = (_ROOT / ".github" / "workflows" / "soc2-preview.yml").read_text("utf-8")
    assert "secrets." not in text
    assert "github.token" not in text


def test_checkouts_leave_no_credentials_behind() -> None:
    for where, step in steps():
        if step.get("uses", "").startswith("actions/checkout@") and where != "soc2-up.yml: up":
            assert step["with"]["persist-credentials"] is False, where


def test_the_judge_runs_nothing_of_the_change() -> None:
    file = "soc2-judge.yml"
    job = stated(file)["jobs"]["judge"]
    # YAML 1.1 reads `on` as true.
    assert list(stated(file)[True]) == ["workflow_run"]
    for step in job["steps"]:
        assert "change" not in step.get("run", "")
        assert not step.get("uses", "").startswith("./change")
        assert "cache" not in str(step.get("with", ""))
        assert "planned/" not in step.get("run", "")
    rules = job["steps"][0]["with"]
    assert rules["ref"] == "${{ github.event.repository.default_branch }}"
    assert [step["uses"] for step in job["steps"] if step.get("uses", "").startswith("./")] == ["./base"]
    judged = next(step for step in job["steps"] if step.get("uses") == "./base")["with"]
    assert judged["workspace"].startswith("base/")


def test_the_judge_is_triggered_by_the_name_of_the_preview() -> None:
    assert stated("soc2-judge.yml")[True]["workflow_run"]["workflows"] == [stated("soc2-preview.yml")["name"]]


@pytest.mark.parametrize(
    ("review", "differs", "approval", "goes_on"),
    [
        ("success", "false", "skipped", True),
        ("success", "true", "success", True),
        ("success", "true", "skipped", False),
        ("success", "true", "failure", False),
        ("success", "true", "cancelled", False),
        ("success", "", "skipped", False),
        ("failure", "false", "skipped", False),
        ("skipped", "", "skipped", False),
    ],
)
def test_only_what_was_reviewed_or_approved_is_carried_out(
    review: str, differs: str, approval: str, goes_on: bool
) -> None:
    job = stated("soc2-up.yml")["jobs"]["up"]
    assert set(job["needs"]) == {"review", "approval"}
    context = {
        "needs": {
            "review": {"result": review, "outputs": {"differs": differs}},
            "approval": {"result": approval, "outputs": {}},
        }
    }
    before = review == approval == "success"
    status = {"success": lambda: before, "cancelled": lambda: False}
    assert holds(job["if"], context, status) is goes_on
    assert job["environment"] == "production"
    assert stated("soc2-up.yml")["jobs"]["approval"]["environment"] == "soc2-approval"


def test_rotations_are_carried_out_on_a_schedule_on_the_way_of_every_change() -> None:
    triggers = stated("soc2-up.yml")[True]
    assert set(triggers) == {"push", "schedule", "workflow_dispatch"}
    assert [set(each) for each in triggers["schedule"]] == [{"cron"}]
    # No job makes a difference between them, so none goes around the review.
    assert "event_name" not in str(stated("soc2-up.yml")["jobs"])


def test_approval_is_asked_for_unless_nothing_differs() -> None:
    condition = stated("soc2-up.yml")["jobs"]["approval"]["if"]
    for differs, asked in (("false", False), ("true", True), ("", True)):
        context = {"needs": {"review": {"outputs": {"differs": differs}}}}
        assert holds(condition, context, {"success": lambda: True}) is asked


def test_only_the_update_gets_production_credentials() -> None:
    for where, job in jobs():
        assert ("secrets." in str(job)) == (where == "soc2-up.yml: up"), where
        assert ("id-token" in job["permissions"]) == (where == "soc2-up.yml: up"), where


def test_every_input_of_the_action_is_used_and_documented() -> None:
    action = yaml.safe_load((_ROOT / "action.yml").read_text("utf-8"))
    script = (_ROOT / "scripts" / "action").read_text("utf-8")
    [run] = [step for step in action["runs"]["steps"] if step.get("id") == "run"]
    for name, each in action["inputs"].items():
        assert each["description"]
        variable = f"INPUT_{name.upper().replace('-', '_')}"
        assert run["env"][variable] == f"${{{{ inputs.{name} }}}}"
        assert variable in script


def test_actionlint(tmp_path: Path) -> None:
    linter = _actionlint()
    secrets = (_ROOT / "docs" / "secrets.md").read_text("utf-8")
    [documented] = re.findall(r"```yaml\n(name: rotate\n.*?)```", secrets, re.DOTALL)
    (tmp_path / "rotate.yml").write_text(documented)
    files = [*_FILES, tmp_path / "rotate.yml"]
    ended = subprocess.run([linter, *map(str, files)], capture_output=True, text=True, check=False, cwd=_ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # It does look: a context that there is not is found.
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(_FILES[0].read_text("utf-8").replace("github.ref", "github.reff"))
    assert subprocess.run([linter, str(wrong)], capture_output=True, check=False).returncode == 1


def _actionlint() -> str:
    if found := shutil.which("actionlint"):
        return found
    folder = _ROOT / ".soc2" / "tools"
    made = folder / "actionlint"
    if made.exists():
        return str(made)
    go = shutil.which("go")
    why = "neither actionlint nor Go is on the PATH"
    if go:
        folder.mkdir(parents=True, exist_ok=True)
        built = subprocess.run(
            [go, "install", _ACTIONLINT],
            env={**os.environ, "GOBIN": str(folder), "GOFLAGS": "-buildvcs=false"},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode == 0:
            return str(made)
        why = f"actionlint could not be built: {built.stderr.strip()}"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(f"THE WORKFLOW FILES WERE NOT LINTED: {why}")
