"""A journal counts only where it agrees with the event log and with what was meant to run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.runs.crosscheck import Evaluation, Expected, evaluate
from soc2_guardrails.runs.observed import Observed
from tests.soc2_guardrails.runs.journals import (
    CHANGED,
    DIGEST,
    MESSAGE,
    PROJECT_URN,
    RUN,
    STACK_URN,
    decision,
    end,
    failure,
    remediation,
    write,
)

EXPECTED = Expected("guardrails", "0.1.0", DIGEST, "preview", "shop/dev")


def told(**changed: Any) -> dict[str, Any]:
    """A policy event, as the engine writes it."""
    return {
        "policyEvent": {
            "resourceUrn": PROJECT_URN,
            "message": f"{MESSAGE}\n",
            "policyName": "a-rule",
            "policyPackName": "guardrails",
            "policyPackVersion": "0.1.0",
            "enforcementLevel": "mandatory",
            "severity": "high",
            **changed,
        }
    }


def observed(*events: dict[str, Any]) -> Observed:
    log = Observed()
    for event in events:
        log.take(event)
    return log


def judged(
    tmp_path: Path, journal: list[dict[str, Any]], log: Observed, expected: Expected = EXPECTED, **how: bool
) -> Evaluation:
    write(tmp_path / "a.jsonl", *journal)
    return evaluate(tmp_path, log, expected, **{"whole": True, "succeeded": False, **how})


def test_a_journal_that_agrees_counts(tmp_path: Path) -> None:
    found = judged(tmp_path, [RUN, failure(), decision(rule="stack-rule", urn=STACK_URN), end(2)], observed(told()))
    assert found.why_not == ""
    assert found.journal is not None
    assert found.not_judged == ("off-rule: switched off by the policy configuration",)


def test_what_was_not_judged_is_stated(tmp_path: Path) -> None:
    journal = [
        RUN,
        decision(verdict="unknown", messages=["CC6.6: deferred"]),
        decision(rule="stack-rule", verdict="redacted", messages=["CC6.6: redacted"]),
        end(2, stack_judged=False),
    ]
    log = observed(
        told(message="CC6.6: deferred", enforcementLevel="advisory"),
        told(policyName="stack-rule", message="CC6.6: redacted", enforcementLevel="advisory"),
    )
    stack_rules, deferred, redacted, off = judged(tmp_path, journal, log).not_judged
    assert stack_rules.startswith("the stack rules")
    assert deferred.startswith("a-rule on 1 resource: deferred")
    assert redacted.startswith("stack-rule on 1 resource: values that the stored state")
    assert off.startswith("off-rule")


def test_what_the_configuration_leaves_out_is_stated_once_for_each_rule_and_reason(tmp_path: Path) -> None:
    def left_out(reason: str, setting: str, **changed: Any) -> dict[str, Any]:
        return decision(verdict="not applicable", reason=reason, setting=setting, **changed)

    def project(name: str) -> dict[str, Any]:
        urn = PROJECT_URN.replace("web", name)
        return left_out(f"{name}: is not named", "pack.projects.production", rule="stack-rule", scope="stack", urn=urn)

    journal = [
        RUN,
        left_out("needs Vercel Pro", "pack.plan"),
        left_out("needs Vercel Pro", "pack.plan", urn=PROJECT_URN + "-2"),
        left_out("it sets no such header", "", urn=PROJECT_URN + "-3"),
        left_out("needs Vercel Pro", "pack.plan", rule="stack-rule", scope="stack", urn=STACK_URN),
        project("shop"),
        project("app: ::\x1b"),
        end(6),
    ]
    journal[-2]["reason"] = "app: ::\\x1b: is not named"  # as a pack cleans it
    *left, off = judged(tmp_path, journal, observed()).not_judged
    assert left == [
        "a-rule on 2 resources: needs Vercel Pro",
        "stack-rule on 2 resources: is not named",
        "stack-rule: needs Vercel Pro",
    ]
    assert off.startswith("off-rule")


def test_that_a_rule_is_switched_off_is_told_by_the_engine_alone(tmp_path: Path) -> None:
    log = observed(told(policyName="off-rule", enforcementLevel="advisory", message="CC6.6: off-rule is switched off"))
    assert judged(tmp_path, [RUN, end(0)], log).journal


def test_other_packs_of_the_engine_are_left_to_it(tmp_path: Path) -> None:
    log = observed(told(), told(policyPackName="of-the-organization", policyName="theirs"))
    assert judged(tmp_path, [RUN, failure(), end(1)], log).journal


def test_what_was_remediated_is_told_by_both(tmp_path: Path) -> None:
    log = observed(told(message=f"{CHANGED}\n", enforcementLevel="advisory", severity=""))
    assert judged(tmp_path, [RUN, remediation(), decision(), end(1, remediations=1)], log).why_not == ""


CHANGES = told(message=CHANGED, enforcementLevel="advisory")
WAIVED = failure(verdict="waived", messages=["CC6.6: waived until 2026-12-01"])


@pytest.mark.parametrize(
    ("journal", "events", "expected", "said"),
    [
        ([RUN, end(0)], [told()], EXPECTED, "the event log has what the journal has not: a-rule on urn:"),
        ([RUN, failure(), end(1)], [], EXPECTED, "the journal has what the event log has not: a-rule on urn:"),
        ([RUN, failure(messages=["CC6.6: other"]), end(1)], [told()], EXPECTED, "the event log has what"),
        ([RUN, decision(), end(1)], [CHANGES], EXPECTED, "the event log has what the journal has not: a-rule on urn:"),
        ([RUN, remediation(), end(0, remediations=1)], [], EXPECTED, "the journal has what the event log has not: a-"),
        ([RUN, remediation(message=""), end(0, remediations=1)], [CHANGES], EXPECTED, "the event log has what"),
        ([RUN, remediation(), end(0, remediations=1)], [told(message=CHANGED)], EXPECTED, "the engine stopped for"),
        ([RUN, WAIVED, end(1)], [told(message=WAIVED["messages"][0])], EXPECTED, "the engine stopped for what"),
        ([RUN, failure(), end(1)], [told(enforcementLevel="advisory")], EXPECTED, "the engine did not stop for what"),
        ([RUN, failure(), failure(), end(2)], [told()], EXPECTED, "the journal has what"),
        ([RUN, failure()], [told()], EXPECTED, "the pack was ended before"),
        ([RUN, end(0)], [], replace(EXPECTED, digest="sha256:" + "cd" * 32), "a pack with the digest"),
        ([RUN, end(0)], [], replace(EXPECTED, version="0.2.0"), "is of guardrails 0.1.0, not of guardrails 0.2.0"),
        ([RUN, end(0)], [], replace(EXPECTED, operation="update"), "is of a preview, not of a update"),
        ([RUN, end(0)], [], replace(EXPECTED, stack="shop/production"), "stack acme/shop/dev, not of shop/production"),
        ([RUN, failure(), end(1)], [told(policyPackVersion="9.9.9")], EXPECTED, "messages of guardrails 9.9.9"),
    ],
)
def test_one_that_does_not_is_not_evaluated(
    tmp_path: Path, journal: list[dict[str, Any]], events: list[dict[str, Any]], expected: Expected, said: str
) -> None:
    found = judged(tmp_path, journal, observed(*events), expected)
    assert found.journal is None
    assert said in found.why_not


def test_success_without_the_stack_rules_is_none(tmp_path: Path) -> None:
    journal = [RUN, end(0, stack_judged=False)]
    assert "stack rules were not asked" in judged(tmp_path, journal, observed(), succeeded=True).why_not
    assert judged(tmp_path, journal, observed(), succeeded=False).journal


def test_an_engine_that_was_cut_short_may_have_told_less_but_not_more(tmp_path: Path) -> None:
    assert judged(tmp_path, [RUN, failure(), end(1)], observed(), whole=False).journal
    assert judged(tmp_path, [RUN, end(0)], observed(told()), whole=False).journal is None


def test_no_journal_and_two_journals_are_not_evaluated(tmp_path: Path) -> None:
    assert evaluate(tmp_path, observed(), EXPECTED, whole=True, succeeded=True).why_not == "the pack wrote no journal"
    write(tmp_path / "a.jsonl", RUN, end(0))
    write(tmp_path / "b.jsonl", RUN, end(0))
    found = evaluate(tmp_path, observed(), EXPECTED, whole=True, succeeded=True)
    assert found.why_not.startswith("there are 2 journals")


def test_an_unreadable_journal_is_not_evaluated(tmp_path: Path) -> None:
    assert "no known form" in judged(tmp_path, [{**RUN, "format": 2}], observed()).why_not
