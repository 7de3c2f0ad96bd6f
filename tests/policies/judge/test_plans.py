"""Nobody is failed for what their plan does not have, and nobody who stated no plan is let off."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from policies.authoring.harness import UNKNOWN, changed
from policies.boundary.firewall_owasp_deny import RULE as OWASP
from policies.judge.configuration import Plan
from policies.judge.configured import Configuration
from policies.judge.enforcement import Enforcement
from policies.judge.operation import Operation
from policies.judge.pack import Pack
from policies.judge.plans import Needs, Vendor
from policies.judge.resources import Resource
from policies.judge.rule import ResourceRule
from policies.judge.verdict import Outcome, Verdict
from policies.judge.waivers import utc_today
from policies.source_control.repo_secret_scanning import RULE as SCANNING

from ..pack_process import PackProcess


def verdict(rule: ResourceRule, plan: Plan, subject: Resource | None = None) -> Verdict:
    by = Enforcement(Configuration(plans=plan.by_vendor()), {rule.id: rule}, utc_today())
    [settled] = by.settle(Pack([rule]).judge(subject or rule.failing.resources[0]), Operation.PREVIEW)
    return settled


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [
        (Plan(), Outcome.FAIL),
        (Plan(github="free"), Outcome.FAIL),
        (Plan(vercel="hobby"), Outcome.NOT_APPLICABLE),
        (Plan(vercel="pro"), Outcome.NOT_APPLICABLE),
        (Plan(vercel="enterprise"), Outcome.FAIL),
    ],
)
def test_a_control_of_a_higher_plan_does_not_apply(plan: Plan, outcome: Outcome) -> None:
    assert verdict(OWASP, plan).outcome is outcome


def test_what_the_plan_does_not_have_does_not_pass_either() -> None:
    passing = OWASP.passing.resources[0]
    assert verdict(OWASP, Plan(vercel="pro"), passing).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"visibility": "private"}, Outcome.NOT_APPLICABLE),
        ({"visibility": "internal"}, Outcome.NOT_APPLICABLE),
        ({"visibility": None, "private": True}, Outcome.NOT_APPLICABLE),
        ({"visibility": "public"}, Outcome.FAIL),
        ({"visibility": None}, Outcome.FAIL),
        ({"visibility": UNKNOWN}, Outcome.FAIL),
        ({"visibility": 3.0}, Outcome.FAIL),
    ],
)
def test_secret_scanning_of_public_repositories_is_for_everybody(change: dict[str, object], outcome: Outcome) -> None:
    repository = changed(SCANNING.failing, change)  # type: ignore[arg-type]
    assert verdict(SCANNING, Plan(github="free"), repository).outcome is outcome


def test_a_plan_that_the_vendor_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="Vercel has no plan 'team'; it has hobby, pro, enterprise"):
        replace(OWASP, needs=Needs(Vendor.VERCEL, "team", "nothing"))


def test_over_the_port_it_is_told_what_it_would_take(tmp_path: Path) -> None:
    pack = PackProcess(config={"pack": {"plan": {"vercel": "pro"}}}, environment={"SOC2_JOURNAL": str(tmp_path)})
    try:
        answer = pack.judge(OWASP.failing.resources[0]).of(OWASP.id)
        assert answer.verdict == "not applicable"
        [told] = answer.not_applicable
        assert told.reason == (
            "needs Vercel Enterprise, which has the managed OWASP rulesets; the policy configuration states Vercel Pro"
        )
        pack.judge_stack()
    finally:
        pack.stop()
    [file] = tmp_path.iterdir()
    written = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    left_out = {each["rule"]: each["setting"] for each in written if each.get("verdict") == "not applicable"}
    assert left_out[OWASP.id] == "pack.plan"
    assert left_out["stack-log-drain-covers-production"] == "", "the stack has no project"


@pytest.mark.parametrize("failure", [KeyError("canary-value"), SystemExit("canary-value")])
def test_a_rule_that_cannot_tell_whom_its_plan_concerns_is_violated(failure: BaseException) -> None:
    def concerns(_: Resource) -> bool:
        raise failure

    rule = replace(OWASP, needs=Needs(Vendor.VERCEL, "enterprise", "managed rulesets", of=concerns))
    failed = verdict(rule, Plan(vercel="pro"), OWASP.passing.resources[0])
    assert failed.outcome is Outcome.FAIL
    assert "the rule itself failed" in str(failed.findings)
    assert "canary" not in str(failed.findings)
