"""The main job, end to end: the real CLI as a process, the policy pack, the embedded account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.account import Account
from sandbox.home import Completed, Sandbox
from soc2_guardrails.engine.events import EventLog, read_event_log
from tests.stacks.expected_violations import STOREFRONT_RISKY

pytestmark = pytest.mark.engine

MakeSandbox = Callable[..., Sandbox]
STACK_RULES = {rule for rule in STOREFRONT_RISKY if rule.startswith("stack-")}


def logged(run: Callable[..., Completed], stack: str, *args: str, pack: Path, log: Path) -> tuple[Completed, EventLog]:
    completed = run(stack, *args, "--event-log", str(log), pack=pack, timeout=180)
    return completed, read_event_log(log)


def reported(log: EventLog) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for report in log.violations:
        found.setdefault(report.policy, set()).add(report.resource_name)
    return found


def assert_only_origins_are_advised_upon(log: EventLog) -> None:
    """Without a secret manager a sound stack takes its secrets from the environment, which has no versions or dates.

    That is told, and nothing is deferred.
    """
    assert log.violations == ()
    assert {report.policy for report in log.reports} == {"env-provenance-from-secret-manager", "env-rotation-age"}
    undated = {report.resource_name for report in log.reports if report.policy == "env-rotation-age"}
    from_the_run = {report.resource_name for report in log.reports if report.policy != "env-rotation-age"}
    assert from_the_run == {name for name in undated if name.endswith("-production")}
    for report in log.reports:
        assert "comes from the environment of the run" in report.message or "does not date" in report.message


def test_risky_is_refused_at_preview_with_exactly_the_expected_violations(
    make_sandbox: MakeSandbox, repository: Path, tmp_path: Path
) -> None:
    sandbox = make_sandbox()
    run, log = logged(sandbox.preview, "storefront-risky", pack=repository / "policies", log=tmp_path / "log.jsonl")
    assert run.returncode != 0
    assert reported(log) == STOREFRONT_RISKY
    for report in log.violations:
        assert report.message.splitlines()[0][:3] == "CC6" or report.message.startswith("CC7.2")
        assert report.message.splitlines()[1].startswith("mend: ")
        assert report.message.splitlines()[0] in run.stdout
    assert Account.open(sandbox.account_path).count() == 0


def test_risky_is_refused_at_up_before_the_first_bad_resource_is_made(
    make_sandbox: MakeSandbox, repository: Path, tmp_path: Path
) -> None:
    sandbox = make_sandbox()
    run, log = logged(sandbox.up, "storefront-risky", pack=repository / "policies", log=tmp_path / "log.jsonl")
    assert run.returncode != 0
    assert log.violations
    bad = {name for rule, names in STOREFRONT_RISKY.items() if rule not in STACK_RULES for name in names}
    made = {one.urn.rpartition("::")[2] for one in Account.open(sandbox.account_path).list() if one.urn}
    assert not bad & made


@pytest.mark.parametrize("stack", ["storefront", "clinic"])
def test_sound_stacks_pass_deploy_preview_clean_show_drift_and_go(
    make_sandbox: MakeSandbox, repository: Path, tmp_path: Path, stack: str
) -> None:
    sandbox, pack = make_sandbox(), repository / "policies"

    run, log = logged(sandbox.preview, stack, pack=pack, log=tmp_path / "preview.jsonl")
    assert run.returncode == 0, run.stdout + run.stderr
    assert log.packs == {f"soc2-guardrails|local|{pack}": "0.1.0"}
    assert_only_origins_are_advised_upon(log)

    run, log = logged(sandbox.up, stack, pack=pack, log=tmp_path / "up.jsonl")
    assert run.returncode == 0, run.stdout + run.stderr
    assert_only_origins_are_advised_upon(log)
    account = Account.open(sandbox.account_path)
    assert account.count() > 10

    run, log = logged(sandbox.preview, stack, "--expect-no-changes", pack=pack, log=tmp_path / "again.jsonl")
    assert run.returncode == 0, run.stdout + run.stderr
    assert log.changed == 0

    [project] = [one for one in account.list() if one.type == "vercel:index/project:Project"][:1]
    account.change(project.address, "gitForkProtection", False)
    drift = sandbox.preview(stack, "--refresh", "--expect-no-changes", pack=pack, timeout=180)
    assert drift.returncode != 0
    assert "gitForkProtection" in drift.stdout
    refreshed = sandbox.refresh(stack, timeout=180)
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    assert "1 updated" in refreshed.stdout

    gone = sandbox.destroy(stack, timeout=180)
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert account.count() == 0
