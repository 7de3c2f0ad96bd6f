"""What a run came to, as one JSON document: for a pull request's comment, its annotations, and other programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from soc2_guardrails.evidence.predicates import Phase

from .findings import Finding, Kind

if TYPE_CHECKING:
    from pathlib import Path


class UnreadableReport(Exception):
    """A file is no report of a run; the message names it."""


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


class ToldOrigin(_Told):
    """The line of the stack file that a resource comes from."""

    file: str
    line: int
    key: str


class ToldFinding(_Told):
    """A finding, as `Finding.as_json` writes it."""

    kind: Kind
    rule: str
    criterion: str
    severity: str
    urn: str
    name: str
    what: str
    mend: str = ""
    see: str = ""
    message: str = ""
    new: bool | None = None
    origin: ToldOrigin | None = None


class RunReport(_Told):
    """One judged plan.

    Attributes:
        project: the project's name.
        stack: the stack's name.
        result: whether it may go on. `not evaluated`: nobody can rely on what was decided.
        evaluated: whether the decisions can be relied on.
        findings: every message of the pack.
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
    evaluated: bool
    findings: tuple[ToldFinding, ...]
    phase: Phase
    emergency: str = ""
    sandbox: bool = False
    commit: str = ""
    plan: str = ""
    record: str = ""

    @property
    def violations(self) -> tuple[ToldFinding, ...]:
        """What stops the run."""
        return tuple(each for each in self.findings if each.kind is Kind.VIOLATION)

    def to_json(self) -> str:
        """The document."""
        return self.model_dump_json(by_alias=True, indent=2)


def told(findings: Iterable[Finding]) -> tuple[ToldFinding, ...]:
    """Findings as a report holds them."""
    return tuple(ToldFinding.model_validate(each.as_json()) for each in findings)


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
        raise UnreadableReport(f"{path}: {place or 'the file'}: this is no report that soc2 judge wrote") from None
