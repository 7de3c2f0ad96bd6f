"""Judges a planned state again, away from the program that planned it.

The pack is asked as the engine asks it at a preview: every resource with its inputs, then the stack with what is
planned. What was masked is told as a secret that is not known yet, so a rule that needs the value defers, and none
takes the mask for the value.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from google.protobuf.struct_pb2 import ListValue, Struct, Value
from pulumi.runtime.proto import analyzer_pb2 as pb

from soc2_guardrails.engine.events import PolicyReport
from soc2_guardrails.evidence.predicates import Operation, Pack, Phase, Result
from soc2_guardrails.packs import PackSession

from .crosscheck import Evaluation, Expected, evaluate
from .journal import VARIABLE
from .judging_pack import JudgingPack
from .observed import Observed, Step
from .planned import SECRET, SIGNATURE, UNKNOWN, PlannedResource, PlannedState

_UNREADABLE: Final = Struct(
    fields={key: Value(string_value=text) for key, text in ((SIGNATURE, SECRET), ("value", UNKNOWN))}
)

_LEVELS: Final = {pb.MANDATORY: "mandatory", pb.ADVISORY: "advisory"}
_SEVERITIES: Final = {
    pb.POLICY_SEVERITY_LOW: "low",
    pb.POLICY_SEVERITY_MEDIUM: "medium",
    pb.POLICY_SEVERITY_HIGH: "high",
    pb.POLICY_SEVERITY_CRITICAL: "critical",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a pack said of a planned state.

    Attributes:
        phase: the decisions, as a preview's.
        observed: the plan and the messages, as the engine would have had them in its event log.
    """

    phase: Phase
    observed: Observed

    @property
    def refused(self) -> bool:
        """Whether a mandatory rule is violated."""
        return any(each.is_violation for each in self.observed.reports)

    @property
    def result(self) -> Result:
        """How it came out, in a record's words."""
        if self.refused:
            return Result.REFUSED
        return Result.SUCCEEDED if self.phase.evaluated else Result.FAILED


def judge(planned: PlannedState, pack: JudgingPack) -> Judgement:
    """Judges a planned state with a pack, in a process of its own.

    Args:
        planned: the state.
        pack: what judges.

    Raises:
        PackError: the pack does not start or gives no answer, or its configuration cannot be used.
    """
    observed = Observed(steps={each.urn: _step(each) for each in planned.resources if each.stays})
    with tempfile.TemporaryDirectory(prefix="soc2-judge-") as folder:
        with PackSession(
            pack.folder,
            project=planned.project,
            stack=planned.stack,
            configuration=pack.configuration,
            environment={VARIABLE: folder},
        ) as session:
            for request in _analyze_requests(planned):
                _hear(observed, session.analyze(request), request.urn)
            _hear(observed, session.analyze_stack(_stack_resources(planned)))
        expected = Expected(
            name=pack.identity.name,
            version=pack.identity.version,
            digest=pack.identity.digest,
            operation=Operation.PREVIEW.value,
            stack=f"{planned.project}/{planned.stack}",
        )
        refused = any(each.is_violation for each in observed.reports)
        evaluation = evaluate(Path(folder), observed, expected, whole=True, succeeded=not refused)
    return Judgement(_phase(planned, evaluation, pack.identity), observed)


def _phase(planned: PlannedState, evaluation: Evaluation, pack: Pack) -> Phase:
    journal = evaluation.journal
    return Phase(
        operation=Operation.PREVIEW,
        evaluated=journal is not None,
        why_not=evaluation.why_not,
        not_judged=evaluation.not_judged,
        pack=pack,
        configuration=journal.run.configuration if journal else None,
        decisions=tuple(each.recorded() for each in (journal.decisions if journal else ())),
        disabled=journal.disabled if journal else (),
        changes=dict(Counter(each.operation for each in planned.resources)),
        planned=planned.changes(),
        plan=planned.digest,
    )


def _step(each: PlannedResource) -> Step:
    return Step(each.operation, each.urn, each.parent, tuple(each.properties))


def _hear(observed: Observed, diagnostics: Iterable[pb.AnalyzeDiagnostic], urn: str = "") -> None:
    for each in diagnostics:
        observed.packs.add((each.policyPackName, each.policyPackVersion))
        observed.reports.append(
            PolicyReport(
                policy=each.policyName,
                urn=each.urn or urn,
                level=_LEVELS.get(each.enforcementLevel, "mandatory"),
                severity=_SEVERITIES.get(each.severity, ""),
                message=each.message.strip(),
                pack=each.policyPackName,
            )
        )


def _analyze_requests(planned: PlannedState) -> Iterable[pb.AnalyzeRequest]:
    for each in planned.resources:
        if each.is_declared:
            yield pb.AnalyzeRequest(
                urn=each.urn,
                type=each.type,
                name=each.name,
                properties=_struct(each.inputs),
                options=pb.AnalyzerResourceOptions(parent=each.parent),
            )


def _stack_resources(planned: PlannedState) -> Iterable[pb.AnalyzerResource]:
    for each in planned.resources:
        if each.stays:
            yield pb.AnalyzerResource(
                urn=each.urn,
                type=each.type,
                name=each.name,
                parent=each.parent,
                properties=_struct(each.outputs),
                options=pb.AnalyzerResourceOptions(parent=each.parent),
                propertyDependencies={
                    key: pb.AnalyzerPropertyDependencies(urns=urns) for key, urns in each.dependencies.items()
                },
            )


def _struct(properties: Mapping[str, Any]) -> Struct:
    return Struct(fields={key: _wire(value) for key, value in properties.items()})


def _wire(value: object) -> Value:
    if value is None:
        return Value(null_value=0)  # type: ignore[arg-type]  # the stub wants the enum, which has one member
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=float(value))
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, list):
        return Value(list_value=ListValue(values=[_wire(each) for each in value]))
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is no JSON")
    if value.get(SIGNATURE) == SECRET:
        # Whatever else stands there is a stranger's word for a value that was to be left out.
        return Value(struct_value=_UNREADABLE)
    return Value(struct_value=_struct(value))
