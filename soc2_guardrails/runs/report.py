"""What a run came to, as one JSON document: for a pull request's comment, its annotations, and other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from soc2_guardrails.evidence.predicates import Change, Emergency, Operation, Pack, Result

from .errors import RunError
from .findings import Finding, Kind

if TYPE_CHECKING:
    from pathlib import Path


class UnreadableReport(RunError):
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


class ToldRecord(_Told):
    """Where the evidence of the run is."""

    store: str
    outcome: str | None = None


class RunReport(_Told):
    """One run, as `soc2 preview --json`, `soc2 up --json` and `soc2 judge --json` write it.

    Attributes:
        operation: what was done.
        project: the project's name.
        stack: the stack's name.
        sandbox: whether the account is an embedded one.
        result: how it ended.
        why: in a sentence, empty where the result says it all.
        evaluated: whether the decisions can be relied on.
        not_evaluated: why they cannot.
        findings: every message of the pack.
        not_judged: what was not judged although the rest was.
        changes: how many resources, by the engine's word for the operation.
        planned: the changes one by one.
        emergency: why the rules were not to stop it; None for every other run.
        pack: what judged.
        record: where the evidence is; None where none was left.
        commit: SHA of what was judged, empty where that is not known.
        plan: digest of the planned state, empty where it was not kept.
    """

    format: Literal[1] = 1
    operation: Operation
    project: str
    stack: str
    sandbox: bool
    result: Result
    why: str = ""
    evaluated: bool
    not_evaluated: tuple[str, ...] = ()
    findings: tuple[ToldFinding, ...]
    not_judged: tuple[str, ...] = ()
    changes: Mapping[str, int] = Field(default_factory=dict)
    planned: tuple[Change, ...] = ()
    emergency: Emergency | None = None
    pack: Pack | None = None
    record: ToldRecord | None = None
    commit: str = ""
    plan: str = ""

    @property
    def violations(self) -> tuple[ToldFinding, ...]:
        """What stops the run."""
        return tuple(each for each in self.findings if each.kind is Kind.VIOLATION)


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
        raise UnreadableReport(
            f"{path}: {place or 'the file'}: this is no report that `soc2 judge --json` wrote"
        ) from None
