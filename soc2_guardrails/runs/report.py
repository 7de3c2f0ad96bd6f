"""What a run came to, as one JSON document: for a pull request's comment, its annotations, and other programs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from soc2_guardrails.engine.events import PolicyReport
from soc2_guardrails.evidence.predicates import Phase

SEVERITIES: Final = ("critical", "high", "medium", "low", "")
"""Worst first."""

_CRITERION = re.compile(r"(CC\d\.\d): ")
_MEND: Final = "mend: "
_SEE: Final = "see: "


class UnreadableReport(Exception):
    """A file is no report of a run; the message names it."""


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Violation(_Told):
    """One thing that stops the change.

    Attributes:
        rule: the policy's name.
        criterion: of the trust services criteria, empty where the message names none.
        severity: one of `SEVERITIES`.
        urn: the resource.
        what: what is wrong, in one line.
        mend: what to do about it.
        page: where the rule is explained.
        new: whether it is new against the base; None where that is not known.
        file: the stack file that the property comes from, empty where that cannot be told.
        line: its line there.
    """

    rule: str
    criterion: str
    severity: str
    urn: str
    what: str
    mend: str = ""
    page: str = ""
    new: bool | None = None
    file: str = ""
    line: int | None = None

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.split("::", 3)[-1]


class RunReport(_Told):
    """One run.

    Attributes:
        project: the project's name.
        stack: the stack's name.
        result: whether it may go on. `not evaluated`: nobody can rely on what was decided.
        violations: worst first.
        phase: what was judged and decided.
        emergency: reason and ticket where the rules were not to stop it.
        sandbox: whether the account is an embedded one.
        commit: SHA of what was judged, empty where that is not known.
        plan: digest of the planned state.
        record: where the evidence is, empty where there is none.
    """

    project: str
    stack: str
    result: Literal["allowed", "refused", "not evaluated"]
    violations: tuple[Violation, ...]
    phase: Phase
    emergency: str = ""
    sandbox: bool = False
    commit: str = ""
    plan: str = ""
    record: str = ""

    def to_json(self) -> str:
        """The document."""
        return self.model_dump_json(by_alias=True, indent=2)


def violations_of(reports: Iterable[PolicyReport], base: Phase | None) -> tuple[Violation, ...]:
    """The violations among the messages of policies, worst first.

    Args:
        reports: the messages.
        base: what was decided of the base, None where that is not known.
    """
    known = {(each.rule, each.urn) for each in base.decisions if each.verdict == "fail"} if base else None
    found = [_violation(each, known) for each in reports if each.is_violation]
    return tuple(sorted(found, key=lambda each: (_rank(each.severity), each.criterion, each.rule, each.urn)))


def read_report(path: Path) -> RunReport:
    """Reads a report.

    Raises:
        UnreadableReport: the file is none.
        OSError: it cannot be read.
    """
    try:
        return RunReport.model_validate_json(path.read_bytes())
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise UnreadableReport(f"{path}: {place or 'the file'}: this is no report of soc2 judge") from None


def _violation(report: PolicyReport, known: set[tuple[str, str]] | None) -> Violation:
    what, *others = report.message.split("\n")
    criterion = _CRITERION.match(what)
    return Violation(
        rule=report.policy,
        criterion=criterion[1] if criterion else "",
        severity=report.severity,
        urn=report.urn,
        what=what[criterion.end() :] if criterion else what,
        mend=next((line.removeprefix(_MEND) for line in others if line.startswith(_MEND)), ""),
        page=next((line.removeprefix(_SEE) for line in others if line.startswith(_SEE)), ""),
        new=None if known is None else (report.policy, report.urn) not in known,
    )


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0
