"""Reads the decision journal of a policy pack, strictly: another format or kind of record makes it unreadable.

New keys alone do not change the format, so a key that this does not know is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from soc2_guardrails.evidence import predicates

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE: Final = "SOC2_JOURNAL"
"""Names the folder for journals in the environment of a pack."""

Verdict: TypeAlias = Literal["pass", "fail", "redacted", "unknown", "waived", "not applicable"]


class UnreadableJournal(Exception):
    """A journal is not what a pack writes; the message says where."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    time: Annotated[datetime, Field(strict=False)]


class PackIdentity(BaseModel):
    """What judged: name, version, and the digest of its files."""

    model_config = ConfigDict(frozen=True, strict=True)

    name: str
    version: str
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")


class Run(_Line):
    """The first line: which pack, with which configuration, judged which operation on which stack."""

    record: Literal["run"]
    format: Literal[1]
    pack: PackIdentity
    stack: str
    operation: str
    configuration: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    profile: str | None
    rules: Mapping[str, Literal["mandatory", "advisory", "disabled", "remediate"]]
    waivers: list[Mapping[str, object]]


class Decision(_Line):
    """One rule's verdict on one resource."""

    record: Literal["decision"]
    rule: str
    urn: str
    scope: Literal["resource", "stack"]
    verdict: Verdict
    level: Literal["mandatory", "advisory"]
    messages: list[str]
    reason: str
    setting: str = ""  # which older packs do not tell
    waiver: Mapping[str, str] | None

    def recorded(self) -> predicates.Decision:
        """The same as a record of evidence holds it, which tells settings among what was not judged."""
        return predicates.Decision.model_validate(self.model_dump(exclude={"record", "time", "setting"}))


class Remediation(_Line):
    """What a rule changed in a resource before it was judged, or why it did not.

    A pack that is older than `message` and `severity` leaves them out; what it told the engine then is in no journal.
    """

    record: Literal["remediation"]
    rule: str
    urn: str
    message: str = ""
    severity: str = ""
    changed: list[str]
    withheld: str

    def recorded(self) -> predicates.Remediation:
        """The same as a record of evidence holds it."""
        return predicates.Remediation.model_validate(self.model_dump(exclude={"record", "time"}))


class End(_Line):
    """The last line of a whole journal."""

    record: Literal["end"]
    decisions: int
    remediations: int | None = None  # which older packs do not count
    stack_judged: bool


_ENTRY: TypeAdapter[Run | Decision | Remediation | End] = TypeAdapter(
    Annotated[Run | Decision | Remediation | End, Field(discriminator="record")]
)


@dataclass(frozen=True, slots=True)
class Journal:
    """What one pack process decided.

    Attributes:
        run: what judged what.
        decisions: in the order they were made.
        remediations: likewise.
        end: None where the pack was killed: what it decided stands, what is missing was not judged.
    """

    run: Run
    decisions: tuple[Decision, ...]
    remediations: tuple[Remediation, ...]
    end: End | None

    @property
    def disabled(self) -> tuple[str, ...]:
        """The rules that the configuration switched off, sorted."""
        return tuple(sorted(rule for rule, level in self.run.rules.items() if level == "disabled"))


def read_journal(path: Path) -> Journal:
    """Reads one journal; a half-written last line is what a kill leaves, and counts as not written.

    Raises:
        UnreadableJournal: it holds what no pack of this format writes, or holds it in another order.
    """
    try:
        content = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableJournal(f"the journal cannot be read: {type(error).__name__}") from error
    lines = content.split("\n")
    if lines.pop() and not lines:
        raise UnreadableJournal("the journal holds no whole line")
    entries = [_entry(number, line) for number, line in enumerate(lines, 1)]
    if not entries or not isinstance(entries[0], Run):
        raise UnreadableJournal("the journal does not begin with its run")
    return _assembled(entries[0], entries[1:])


def _assembled(run: Run, entries: list[Run | Decision | Remediation | End]) -> Journal:
    decisions: list[Decision] = []
    remediations: list[Remediation] = []
    end: End | None = None
    for number, entry in enumerate(entries, 2):
        if end or isinstance(entry, Run):
            raise UnreadableJournal(f"line {number} of the journal is out of place")
        if isinstance(entry, Decision):
            decisions.append(entry)
        elif isinstance(entry, Remediation):
            remediations.append(entry)
        else:
            end = entry
    if end and end.decisions != len(decisions):
        raise UnreadableJournal(f"the journal holds {len(decisions)} decisions and says that it has {end.decisions}")
    if end and end.remediations not in {None, len(remediations)}:
        raise UnreadableJournal(
            f"the journal holds {len(remediations)} remediations and says that it has {end.remediations}"
        )
    return Journal(run, tuple(decisions), tuple(remediations), end)


def _entry(number: int, line: str) -> Run | Decision | Remediation | End:
    try:
        return _ENTRY.validate_python(json.loads(line))
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, each["loc"])) or "record" for each in error.errors()}))
        raise UnreadableJournal(f"line {number} of the journal is of no known form ({places})") from error
    except ValueError as error:
        raise UnreadableJournal(f"line {number} of the journal is no JSON") from error
