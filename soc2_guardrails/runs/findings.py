"""What a reader of a run has to know of its verdict: each message of the pack, with what is to be known about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from .urns import name_of, short_type_of

if TYPE_CHECKING:
    from soc2_guardrails.engine.events import PolicyReport
    from soc2_guardrails.evidence.predicates import Phase

    from .base import Base
    from .observed import Observed
    from .origins import Origin, Origins


class Kind(StrEnum):
    """What a message of the pack is."""

    VIOLATION = "violation"  # stops the run
    ADVISORY = "advisory"  # would stop it if the rule were mandatory, or tells what the rule changed
    WAIVED = "waived"
    DEFERRED = "deferred"  # judged at the update
    REDACTED = "redacted"  # could not be judged, for the stored state holds it encrypted


FAILURES: Final = frozenset({Kind.VIOLATION, Kind.ADVISORY})
_OF_VERDICT: Final = {"waived": Kind.WAIVED, "unknown": Kind.DEFERRED, "redacted": Kind.REDACTED}


@dataclass(frozen=True, slots=True)
class Finding:
    """One message.

    Attributes:
        kind: what it is.
        rule: the rule's id.
        severity: empty where the pack states none.
        urn: the resource.
        message: as the pack wrote it, with its lines.
        new: whether it was not there on the base; None where there is nothing to compare with.
        origin: the line of the stack file, where that is certain.
    """

    kind: Kind
    rule: str
    severity: str
    urn: str
    message: str
    new: bool | None
    origin: Origin | None

    @property
    def criterion(self) -> str:
        """The criterion that the message begins with."""
        return self.message.partition(":")[0]

    @property
    def what(self) -> str:
        """What is wrong, without the criterion."""
        return self.message.partition("\n")[0].partition(": ")[2]

    def line(self, beginning: str) -> str:
        """What stands on the line of the message that begins so, e.g. `mend: `; empty if there is none."""
        lines = self.message.split("\n")
        return next((each.removeprefix(beginning) for each in lines if each.startswith(beginning)), "")

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        origin = self.origin
        return {
            "kind": self.kind.value,
            "rule": self.rule,
            "criterion": self.criterion,
            "severity": self.severity,
            "urn": self.urn,
            "type": short_type_of(self.urn),
            "name": name_of(self.urn),
            "what": self.what,
            "mend": self.line("mend: "),
            "see": self.line("see: "),
            "message": self.message,
            "new": self.new,
            "origin": {"file": origin.file, "line": origin.line, "key": origin.key} if origin else None,
        }


class Judged(Protocol):
    """A run of the engine, or what was judged again from one."""

    @property
    def phase(self) -> Phase:
        """What was decided."""
        ...

    @property
    def observed(self) -> Observed:
        """What the event log said, or would have."""
        ...


def findings_of(run: Judged, origins: Origins, base: Base | None) -> tuple[Finding, ...]:
    """The findings of a run, in the order of the event log."""
    verdicts = {(each.rule, each.urn): each.verdict for each in run.phase.decisions}
    # What is said of a remediation is no verdict, and the engine has no severity of it.
    remediated = {(each.rule, each.urn, each.message.strip()): each for each in run.phase.remediated}
    found = []
    for each in run.observed.reports:
        remediation = remediated.get((each.policy, each.urn, each.message))
        kind = _kind(each, "" if remediation else verdicts.get((each.policy, each.urn), ""))
        comparable = base is not None and kind in FAILURES
        found.append(
            Finding(
                kind=kind,
                rule=each.policy,
                severity=remediation.severity if remediation else each.severity,
                urn=each.urn,
                message=each.message,
                new=base.is_new(each.policy, each.urn, each.message) if base and comparable else None,
                origin=origins.origin(each.urn),
            )
        )
    return tuple(found)


def of_kind(findings: Iterable[Finding], kind: Kind) -> list[Finding]:
    """Those of one kind."""
    return [each for each in findings if each.kind is kind]


def _kind(report: PolicyReport, verdict: str) -> Kind:
    if report.is_violation:
        return Kind.VIOLATION
    return _OF_VERDICT.get(verdict, Kind.ADVISORY)
