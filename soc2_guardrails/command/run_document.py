"""One run as a JSON document; its shape is described in docs/command.md. No property's value is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soc2_guardrails.evidence.predicates import Earlier
    from soc2_guardrails.evidence.signing import Signer
    from soc2_guardrails.evidence.stores import Store
    from soc2_guardrails.runs.base import Base
    from soc2_guardrails.runs.findings import Finding
    from soc2_guardrails.runs.running import Finished, Order

    from .exits import Exit


def document(
    order: Order,
    finished: Finished,
    findings: Sequence[Finding],
    *,
    base: Base | None,
    unreviewed: Sequence[Earlier],
    store: Store,
    signer: Signer,
    code: Exit,
) -> Mapping[str, Any]:
    """The document of a run that has ended."""
    record = finished.outcome
    phases = [each.phase for each in finished.phases]
    last = phases[-1] if phases else None
    return {
        "format": 1,
        "run": order.run,
        "operation": order.operation.value,
        "project": order.job.project,
        "stack": order.job.stack,
        "sandbox": order.sandbox,
        "result": finished.result.value,
        "why": finished.why,
        "exitCode": int(code),
        "evaluated": bool(phases) and all(each.evaluated for each in phases),
        "notEvaluated": [f"{each.operation.value}: {each.why_not}" for each in phases if not each.evaluated],
        "findings": [each.as_json() for each in findings],
        "notJudged": list(last.not_judged) if last else [],
        "changes": dict(last.changes) if last else {},
        "planned": [each.model_dump(mode="json", by_alias=True) for each in last.planned] if last else [],
        "errors": [
            {"urn": each.urn, "message": each.message}
            for run in finished.phases
            for each in run.observed.diagnostics
            if each.severity == "error"
        ],
        "base": base.told_by if base else None,
        "emergency": order.emergency.model_dump(by_alias=True) if order.emergency else None,
        "unreviewedEmergencies": [each.run for each in unreviewed],
        "pack": order.job.pack.identity.model_dump(by_alias=True),
        "record": {
            "store": store.described(),
            "intent": finished.intent.name,
            "outcome": record.name if record else None,
            "sequence": record.sequence if record else None,
            "digest": record.digest if record else None,
            "signed": signer.signs,
            "signer": signer.described(),
            "unstored": str(finished.not_stored.file) if finished.not_stored else None,
        },
    }
