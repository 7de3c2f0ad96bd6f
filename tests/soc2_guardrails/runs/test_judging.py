"""A planned state is judged as the engine's preview judged it, but for what is masked."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.home import Sandbox
from soc2_guardrails.packs import ConfigurationError
from soc2_guardrails.runs.judging import Judgement, judge
from soc2_guardrails.runs.judging_pack import JudgingPack
from soc2_guardrails.runs.planned import MASK, UNKNOWN, PlannedState, read_planned
from tests.conftest import MakeSandbox

from .plans import FIREWALL, PROJECT, VARIABLE, planned, resource, urn_of

ROOT = Path(__file__).parents[3]
PLAINTEXT = "env-no-plaintext-credential"


def judged(state: PlannedState, configuration: Path | None = None) -> Judgement:
    return judge(state, JudgingPack.of(ROOT / "policies", configuration, None))


def verdicts(judgement: Judgement, rule: str) -> dict[str, str]:
    return {each.urn.split("::", 3)[-1]: each.verdict for each in judgement.phase.decisions if each.rule == rule}


def variable(name: str, value: object, **inputs: object) -> dict[str, Any]:
    return {"key": name, "targets": ["production"], "sensitive": False, "value": value, **inputs}


def test_a_mask_is_never_taken_for_the_value() -> None:
    state = planned(
        *(
            resource(VARIABLE, name, inputs=inputs, outputs=inputs)
            for name, inputs in {
                "masked": variable("CONTACT", MASK),
                # What a stranger put behind the mark is not looked at.
                "dressed": variable("CONTACT", {**MASK, "value": "harmless", "plaintext": '"harmless"'}),
                "word": variable("CONTACT", "[secret]"),
                "plain": variable("CONTACT", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"),
            }.items()
        )
    )
    judgement = judged(state)
    assert judgement.phase.evaluated, judgement.phase.why_not
    assert verdicts(judgement, PLAINTEXT) == {
        "masked": "unknown",
        "dressed": "unknown",
        "word": "pass",
        "plain": "fail",
    }
    assert any(PLAINTEXT in each for each in judgement.phase.not_judged)


def test_what_is_missing_from_the_stack_is_seen_through_unknown_ids() -> None:
    inputs = {"name": "web", "gitRepository": {"repo": "acme/web", "type": "github", "productionBranch": "main"}}
    web = resource(PROJECT, "web", inputs=inputs, outputs={**inputs, "id": UNKNOWN})
    rule = "stack-firewall-per-exposed-project"
    domain = resource(
        "vercel:index/projectDomain:ProjectDomain",
        "shop",
        inputs={"domain": "shop.example", "projectId": UNKNOWN},
        outputs={"domain": "shop.example", "projectId": UNKNOWN},
        dependencies={"projectId": [urn_of(PROJECT, "web")]},
    )
    assert verdicts(judged(planned(web, domain)), rule)["web"] == "fail"
    rules = {
        rule: {"active": True, "action": "deny"} for rule in ("sqli", "xss", "rce", "lfi", "rfi", "sd", "ma", "gen")
    }
    stated = {"enabled": True, "projectId": UNKNOWN, "managedRulesets": {"owasp": rules}}
    firewall = resource(
        FIREWALL, "wall", inputs=stated, outputs=stated, dependencies={"projectId": [urn_of(PROJECT, "web")]}
    )
    assert verdicts(judged(planned(web, domain, firewall)), rule).get("web") != "fail"


def test_what_is_deleted_is_not_there(tmp_path: Path) -> None:
    off = {"enabled": False, "projectId": "prj_1"}
    there = judged(planned(resource(FIREWALL, "wall", "same", inputs=off, outputs=off)))
    assert verdicts(there, "firewall-enabled") == {"wall": "fail"}
    assert there.refused
    gone = judged(planned(resource(FIREWALL, "wall", "delete")))
    assert verdicts(gone, "firewall-enabled") == {}
    assert gone.phase.changes == {"create": 1, "delete": 1}


def test_the_configuration_counts_as_it_does_for_the_engine(tmp_path: Path) -> None:
    off = {"enabled": False, "projectId": "prj_1"}
    state = planned(resource(FIREWALL, "wall", inputs=off, outputs=off))
    file = tmp_path / "levels.json"
    file.write_text('{"firewall-enabled": "advisory", "firewall-owasp-deny": "disabled"}')
    judgement = judged(state, file)
    assert not judgement.refused
    assert judgement.phase.disabled == ("firewall-owasp-deny",)
    file.write_text('{"firewal-enabled": "advisory"}')
    with pytest.raises(ConfigurationError, match="did you mean firewall-enabled"):
        judged(state, file)


def soc2(sandbox: Sandbox, *arguments: str, expect: int) -> str:
    """Runs `soc2` as the sandbox's user would."""
    completed = subprocess.run(
        [sys.executable, "-m", "soc2_guardrails", "-C", str(sandbox.project.copy), *arguments],
        cwd=ROOT,
        env={**sandbox.environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert completed.returncode == expect, completed.stdout + completed.stderr
    return completed.stdout


def _phase(sandbox: Sandbox, report: dict[str, Any]) -> dict[str, Any]:
    """What is on record of a run, as its report names the record."""
    [record] = sandbox.directory.rglob(report["record"]["outcome"])
    envelope = json.loads(record.read_text())
    payload = envelope.get("dsseEnvelope", envelope)["payload"]
    phase: dict[str, Any] = json.loads(base64.b64decode(payload))["predicate"]["phases"][-1]
    return phase


@pytest.mark.engine
@pytest.mark.slow
def test_it_agrees_with_the_preview(make_sandbox: MakeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = make_sandbox()
    sandbox.select("storefront-risky")
    file, levels = tmp_path / "planned.json", tmp_path / "levels.json"
    levels.write_text(json.dumps({"firewall-enabled": "advisory", "all": "mandatory", "pack": {"profile": "baseline"}}))
    stack = ("--stack", "storefront-risky", "--policy-pack-config", str(levels))
    previewed = json.loads(soc2(sandbox, "preview", *stack, "--json", expect=2))
    soc2(sandbox, "preview", *stack, "--planned", str(file), expect=2)
    told = json.loads(soc2(sandbox, "judge", str(file), *stack, "--json", expect=2))
    assert told["sandbox"] is True
    assert told["record"]["outcome"].startswith("sandbox/")
    # The engine and we make the same of a configuration file: the pack's journals name the same digest.
    configurations = {_phase(sandbox, report)["configuration"] for report in (previewed, told)}
    assert len(configurations) == 1

    def findings(report: dict[str, Any]) -> set[tuple[str, str, str, str]]:
        return {(each["rule"], each["urn"], each["kind"], each["message"]) for each in report["findings"]}

    missed = {each[0] for each in findings(previewed) - findings(told)}
    assert missed == {PLAINTEXT}, "only what needs a masked value is judged otherwise"
    assert {each[2] for each in findings(told) - findings(previewed)} == {"deferred"}
    assert told["pack"] == previewed["pack"]


@pytest.mark.engine
@pytest.mark.slow
def test_a_plan_from_nothing_is_held_against_one_from_what_is_there(
    make_sandbox: MakeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOREFRONT_AUTH_SECRET", "c4nary-auth")
    sandbox = make_sandbox(own_values=True)
    sandbox.select("storefront")
    first, second, third = (tmp_path / f"{name}.json" for name in ("first", "second", "third"))
    soc2(sandbox, "preview", "--stack", "storefront", "--planned", str(first), expect=0)
    assert sandbox.up("storefront", timeout=180).returncode == 0
    soc2(sandbox, "preview", "--stack", "storefront", "--planned", str(second), expect=0)
    assert {each.operation for each in read_planned(second).resources} == {"same"}
    soc2(sandbox, "compare", str(first), str(second), expect=0)
    report = tmp_path / "report.json"
    report.write_text(soc2(sandbox, "judge", str(second), "--stack", "storefront", "--json", expect=0))
    comment = soc2(sandbox, "comment", str(report), expect=0)
    assert "✅ Allowed" in comment
    for text in (first.read_text(), second.read_text(), report.read_text(), comment):
        assert "c4nary" not in text

    stack_file = sandbox.project.stacks_folder / "Pulumi.storefront.yaml"
    changed = stack_file.read_text().replace("NEXT_PUBLIC_CURRENCY", "NEXT_PUBLIC_MONEY")
    (sandbox.project.copy / "stacks" / stack_file.name).write_text(changed)
    soc2(sandbox, "preview", "--stack", "storefront", "--planned", str(third), expect=0)
    told = json.loads(soc2(sandbox, "compare", str(first), str(third), "--json", expect=3))
    kinds = {(each["operation"], each["what"]) for each in told}
    assert ("create", "was not part of what was reviewed") in kinds
    assert ("delete", "was not shown to the reviewers") in kinds
