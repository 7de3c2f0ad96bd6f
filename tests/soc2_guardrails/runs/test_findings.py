"""What a run's findings say of each message of the pack."""

from __future__ import annotations

from dataclasses import dataclass

from soc2_guardrails.engine.events import PolicyReport
from soc2_guardrails.evidence.predicates import Decision, Operation, Phase, Remediation
from soc2_guardrails.runs.base import Base
from soc2_guardrails.runs.findings import Kind, findings_of
from soc2_guardrails.runs.observed import Observed
from soc2_guardrails.runs.origins import Origins
from tests.soc2_guardrails.runs.journals import CHANGED, PROJECT_URN


@dataclass(frozen=True)
class Run:
    phase: Phase
    observed: Observed


def test_what_was_remediated_is_an_advisory_of_the_severity_of_its_rule() -> None:
    report = PolicyReport("a-rule", PROJECT_URN, "advisory", "", CHANGED, "guardrails")
    phase = Phase(
        operation=Operation.PREVIEW,
        evaluated=True,
        decisions=(Decision(rule="a-rule", urn=PROJECT_URN, scope="resource", verdict="unknown", level="mandatory"),),
        remediated=(Remediation(rule="a-rule", urn=PROJECT_URN, message=CHANGED, severity="high", changed=("it",)),),
    )
    observed = Observed(reports=[report])
    [found] = findings_of(Run(phase, observed), Origins(None, "", observed), Base.of_record(phase, "the last update"))
    assert (found.kind, found.severity, found.new) == (Kind.ADVISORY, "high", False)
