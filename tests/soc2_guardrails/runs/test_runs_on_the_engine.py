"""Whole runs: `soc2` as a process, the real engine, the pack, and what is on record afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from sandbox.account import Account, AccountObject
from soc2_guardrails.evidence.predicates import Intent, Operation, Outcome, Result
from soc2_guardrails.evidence.report import Verdict
from soc2_guardrails.evidence.signing import Trust
from soc2_guardrails.evidence.stores.folder import Folder
from soc2_guardrails.evidence.verification import verify
from soc2_guardrails.workspace import TrustSettings
from tests.conftest import MakeSandbox
from tests.processes import wait_until_none
from tests.soc2_guardrails.runs.driven import Soc2, ended, told

pytestmark = [pytest.mark.engine, pytest.mark.slow]

RULE = "repo-secret-scanning"


@pytest.fixture
def soc2(make_sandbox: MakeSandbox, tmp_path: Path) -> Soc2:
    return Soc2.on(make_sandbox, tmp_path / "project", "dev")


def accounted(soc2: Soc2) -> list[AccountObject]:
    return list(Account.open(soc2.sandbox.account_path).list())


def objects(soc2: Soc2) -> int:
    return len(accounted(soc2))


def test_refused_allowed_and_failed_runs_leave_their_records(soc2: Soc2) -> None:
    refused = soc2.run("preview", "--stack", "dev", "--json", mode="risky")
    assert refused.returncode == 2, refused.stderr
    document = told(refused)
    assert {each["rule"] for each in document["findings"] if each["kind"] == "violation"} == {RULE}
    assert all(each["mend"] and each["see"] and each["new"] is None for each in document["findings"])
    intent, outcome = soc2.last("previews")
    assert (outcome.result, outcome.operation, outcome.sandbox) == (Result.REFUSED, Operation.PREVIEW, True)
    [phase] = outcome.phases
    assert phase.evaluated
    assert phase.pack == intent.packs[0]
    verdicts = {(each.rule, each.urn.rpartition("::")[2]): each.verdict for each in phase.decisions}
    assert verdicts[RULE, "repository-0"] == "fail"
    assert verdicts[RULE, "repository-1"] == "pass", "what passed is on record, which the event log cannot tell"
    assert outcome.plugins == {"github": "6.15.0"}
    assert intent.versions["pulumi"] == soc2.sandbox.engine.version
    assert soc2.records() == []

    refused = soc2.run("up", "--stack", "dev", "--yes", mode="risky")
    assert refused.returncode == 2, refused.stderr
    _, outcome = soc2.last()
    assert [each.operation for each in outcome.phases] == [Operation.PREVIEW], "the update is not begun"
    assert objects(soc2) == 0

    allowed = soc2.run("up", "--stack", "dev", "--yes")
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    _, outcome = soc2.last()
    assert outcome.result is Result.SUCCEEDED
    preview, update = outcome.phases
    assert preview.evaluated
    assert update.evaluated
    assert dict(update.changes) == {"create": 4}
    assert {each.operation for each in update.planned} == {"create"}
    assert objects(soc2) == 3
    assert "Record sandbox/runs/dev/updates/000000004.json" in allowed.stdout
    assert "SANDBOX" in allowed.stdout

    failed = soc2.run("up", "--stack", "dev", "--yes", mode="fails")
    assert failed.returncode == 1
    assert "the program fails" in failed.stdout
    _, outcome = soc2.last()
    assert (outcome.result, outcome.why) == (Result.FAILED, "the preview failed with exit code 1")
    [phase] = outcome.phases
    assert any("stack rules" in each for each in phase.not_judged)

    failed = soc2.run("up", "--stack", "dev", "--yes", mode="clash")
    assert failed.returncode == 1, failed.stdout
    _, outcome = soc2.last()
    assert outcome.result is Result.FAILED
    assert len(outcome.phases) == 2

    new = soc2.run("preview", "--stack", "dev", "--json", mode="risky")
    assert [each["new"] for each in told(new)["findings"]] == [True, True]
    assert_verified(soc2)


def test_an_emergency_is_carried_out_recorded_and_told_until_it_is_reviewed(soc2: Soc2) -> None:
    missing = soc2.run("up", "--stack", "dev", "--yes", "--emergency", "--reason", "checkout is down", mode="risky")
    assert missing.returncode == 1
    assert "--ticket" in missing.stderr
    assert soc2.records() == []

    emergency = ("--emergency", "--reason", "checkout is down", "--ticket", "INC-42")
    run = soc2.run("up", "--stack", "dev", "--yes", *emergency, mode="risky")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "EMERGENCY (INC-42)" in run.stdout
    intent, outcome = soc2.last()
    assert intent.emergency is not None
    assert intent.emergency.reason == "checkout is down"
    assert outcome.emergency
    failing = [each for each in outcome.phases[1].decisions if each.verdict == "fail"]
    assert {(each.rule, each.level) for each in failing} == {(RULE, "advisory")}
    assert objects(soc2) == 3

    later = soc2.run("preview", "--stack", "dev", "--json", mode="risky")
    assert later.returncode == 2
    assert told(later)["unreviewedEmergencies"] == [intent.run]
    assert f"open until it is reviewed: {intent.run}" in later.stderr
    assert [each["new"] for each in told(later)["findings"]] == [False, False]


def test_what_a_rule_changes_is_allowed_shown_and_on_record(soc2: Soc2) -> None:
    levels = soc2.folder / "levels.json"
    levels.write_text(json.dumps({RULE: "remediate"}))
    configured = ("--stack", "dev", "--policy-pack-config", str(levels))
    preview = soc2.run("preview", *configured, "--json", mode="risky")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    [changed] = told(preview)["findings"]
    assert (changed["kind"], changed["rule"], changed["severity"]) == ("advisory", RULE, "high")
    assert changed["what"].startswith("changed securityAndAnalysis, which the program states otherwise")

    withheld = soc2.run("preview", *configured, "--json", mode="half-known")
    assert withheld.returncode == 2, withheld.stdout + withheld.stderr
    what = "not remediated, securityAndAnalysis.secretScanningPushProtection.status is not known yet"
    assert ("advisory", what) in {(each["kind"], each["what"]) for each in told(withheld)["findings"]}
    [remediated] = soc2.last("previews")[1].phases[0].remediated
    assert remediated.changed == ()
    assert remediated.withheld

    up = soc2.run("up", *configured, "--yes", mode="risky")
    assert up.returncode == 0, up.stdout + up.stderr
    assert f"{RULE}  high  advisory" in up.stdout
    assert "1 advisory of 1 rule in 1 resource" in up.stdout
    assert "switched off" not in up.stdout
    for phase in soc2.last()[1].phases:
        [remediated] = phase.remediated
        assert (remediated.rule, remediated.severity, remediated.withheld) == (RULE, "high", "")
        assert remediated.changed == ("securityAndAnalysis",)
        assert remediated.message.startswith("CC6.8: changed securityAndAnalysis")
    [made] = [one for one in accounted(soc2) if str(one.urn).endswith("::repository-0")]
    assert made.properties["securityAndAnalysis"]["secretScanning"]["status"] == "enabled"

    levels.write_text(json.dumps({RULE: "disabled"}))
    off = soc2.run("preview", *configured, mode="risky")
    assert off.returncode == 0, off.stdout + off.stderr
    assert "; 1 rule is switched off." in off.stdout
    assert f"  {RULE}: switched off by the policy configuration\n" in off.stdout


def test_ctrl_c_lets_the_engine_end_and_is_on_record(soc2: Soc2) -> None:
    process = soc2.start_and_reach("up", "--stack", "dev", "--yes", mode="waits")
    process.send_signal(signal.SIGINT)
    run = ended(process)
    assert run.returncode == 130, run.stdout + run.stderr
    _, outcome = soc2.last()
    assert outcome.result is Result.INTERRUPTED
    assert outcome.why == "the engine was interrupted at the update"
    assert any("stack rules" in each for each in outcome.phases[1].not_judged)
    assert wait_until_none(soc2.sandbox.directory, seconds=10) == {}
    assert not list((soc2.folder / ".soc2" / "runs").iterdir())
    assert soc2.run("up", "--stack", "dev", "--yes").returncode == 0, "nothing is locked"


def test_a_killed_run_takes_its_engine_along_and_is_closed_by_the_next(soc2: Soc2) -> None:
    process = soc2.start_and_reach("up", "--stack", "dev", "--yes", mode="waits")
    process.kill()
    ended(process)
    assert wait_until_none(soc2.sandbox.directory, seconds=20) == {}
    [intent] = soc2.records()
    assert isinstance(intent, Intent)

    run = soc2.run("up", "--stack", "dev", "--yes")
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Closed run {intent.run}" in run.stdout
    _, closed, following, _ = soc2.records()
    assert isinstance(closed, Outcome)
    assert (closed.run, closed.result, closed.closed_by) == (intent.run, Result.INTERRUPTED, following.run)
    assert closed.why.startswith("not evaluated; killed")
    assert not list((soc2.folder / ".soc2" / "runs").iterdir())
    assert_verified(soc2)


def test_a_killed_engine_leaves_a_phase_that_is_not_evaluated(soc2: Soc2) -> None:
    process = soc2.start_and_reach("preview", "--stack", "dev", mode="waits-always")
    os.kill(soc2.engine_of(process), signal.SIGKILL)
    run = ended(process)
    assert run.returncode == 130, run.stdout + run.stderr
    _, outcome = soc2.last("previews")
    assert (outcome.result, outcome.why) == (Result.INTERRUPTED, "the engine was killed at the preview")
    [phase] = outcome.phases
    assert not phase.evaluated
    assert phase.why_not
    assert phase.decisions == ()


def test_an_update_that_deviates_from_its_plan_fails(soc2: Soc2) -> None:
    run = soc2.run("up", "--stack", "dev", "--yes", mode="deviates")
    assert run.returncode == 1
    assert "not allowed by the plan" in run.stdout
    assert soc2.last()[1].result is Result.FAILED
    assert not [one for one in accounted(soc2) if str(one.urn).endswith("::unplanned")]


def test_a_secret_is_in_no_file_argument_output_or_record(soc2: Soc2) -> None:
    canary = "c4nary-of-a-run"
    process = soc2.start_and_reach("up", "--stack", "dev", "--yes", mode="secret,waits", RUN_CANARY=canary)
    [folder] = (soc2.folder / ".soc2" / "runs").iterdir()
    kept = {each.name: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert {"plan.json", "events-preview.jsonl", "events-update.jsonl"} <= kept.keys()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [name for name, content in kept.items() if canary.encode() in content] == []
    arguments = subprocess.run(["ps", "axww", "-o", "command="], capture_output=True, text=True, check=True).stdout
    assert "keeper.py" in arguments
    assert canary not in arguments
    process.send_signal(signal.SIGINT)
    outputs = [ended(process)]

    outputs.append(soc2.run("up", "--stack", "dev", "--yes", mode="secret", RUN_CANARY=canary))
    assert outputs[-1].returncode == 0, outputs[-1].stdout + outputs[-1].stderr
    assert "hidden: [secret]" in outputs[-1].stdout
    outputs.append(soc2.run("preview", "--stack", "dev", "--json", mode="secret,risky", RUN_CANARY=f"{canary}-changed"))
    assert "secret-in-plain-sink" in {each["rule"] for each in told(outputs[-1])["findings"]}
    for run in outputs:
        assert canary not in run.stdout + run.stderr
    for entry in [*soc2.chain().entries(), *soc2.chain("previews").entries()]:
        assert canary not in entry.predicate.model_dump_json()


def test_what_cannot_run_says_why_and_leaves_no_record(soc2: Soc2) -> None:
    def refused(*args: str, **environment: str) -> str:
        run = soc2.run(*args, **environment)
        assert run.returncode == 1, run.stdout + run.stderr
        assert "Traceback" not in run.stderr
        return run.stderr

    assert "no stack named 'other' found" in refused("preview", "--stack", "other")
    assert "no stack selected" in refused("preview")
    assert "PulumiPolicy.yaml" in refused("preview", "--stack", "dev", "--policy-pack", "stacks")
    assert "does not pass --policy-pack on" in refused("preview", "--stack", "dev", "--", "--policy-pack", "weaker")
    assert "--yes" in refused("up", "--stack", "dev")
    assert "No Pulumi CLI" in refused("preview", "--stack", "dev", PATH="/usr/bin:/bin")
    workspace = (soc2.folder / "soc2.yaml").read_text()
    (soc2.folder / "soc2.yaml").write_text(f"{workspace}policyPack: {{digest: 'sha256:{'0' * 64}'}}\n")
    assert "the pack's digest is" in refused("preview", "--stack", "dev")
    (soc2.folder / "soc2.yaml").write_text("evidense: {}\n")
    assert "evidense" in refused("preview", "--stack", "dev")
    (soc2.folder / "soc2.yaml").write_text(workspace)
    assert not (soc2.folder / "records").exists()

    (soc2.folder / "records").write_text("in the way of the store")
    assert "records" in refused("up", "--stack", "dev", "--yes")
    assert objects(soc2) == 0


def test_four_updates_of_one_stack_at_once_leave_a_whole_chain(soc2: Soc2) -> None:
    runs = [ended(each) for each in [soc2.start("up", "--stack", "dev", "--yes", mode="") for _ in range(4)]]
    codes = [run.returncode for run in runs]
    assert codes.count(0) >= 1, [run.stdout + run.stderr for run in runs]
    assert set(codes) <= {0, 1}
    for run in runs:
        assert "Traceback" not in run.stderr
        assert run.returncode == 0 or "lock" in run.stdout
    records = soc2.records()
    assert len(records) == 8
    assert sum(isinstance(each, Intent) for each in records) == 4
    results = [each.result for each in records if isinstance(each, Outcome)]
    assert results.count(Result.SUCCEEDED) == codes.count(0)
    assert_verified(soc2)


def test_four_stacks_at_once_leave_four_whole_chains(make_sandbox: MakeSandbox, tmp_path: Path) -> None:
    stacks = ("one", "two", "three", "four")
    soc2 = Soc2.on(make_sandbox, tmp_path / "project", *stacks)
    runs = [ended(each) for each in [soc2.start("up", "--stack", stack, "--yes", mode="") for stack in stacks]]
    assert [run.returncode for run in runs] == [0, 0, 0, 0], [run.stdout + run.stderr for run in runs]
    for stack in stacks:
        assert soc2.last(stack=stack)[1].result is Result.SUCCEEDED
        assert len(soc2.records(stack=stack)) == 2
    assert_verified(soc2)


def assert_verified(soc2: Soc2) -> None:
    """Every chain is whole, signed by the key that is trusted, and marked as one of the sandbox."""
    trust = Trust.stated(TrustSettings(keys=(Path("key.pub"),)), soc2.folder)
    report = verify(Folder(soc2.folder / "records"), trust)
    assert report.chains
    for chain in report.chains:
        assert (chain.bad, chain.verdict) == (None, Verdict.SANDBOX)
        assert chain.unsigned == 0
