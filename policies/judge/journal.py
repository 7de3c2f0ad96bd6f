"""The decision journal: what the pack decided, written by the pack itself.

The engine's event log cannot tell what passed: its `passed` lists name every rule that ignored a resource, and unknown
and not applicable do not exist there. So the pack writes its own record when `SOC2_JOURNAL` names a folder: a new file
for each pack process (an `up` has two, one for its preview), one JSON object a line, each line flushed before the
engine gets its answer, so that a killed run leaves what was decided.

A program of the same user can find the file. The pack notices when anybody else has written to it, moved or replaced
it, at each line by its size and place and at the end by its digest, and then answers no more and writes no last line;
what is left is what the pack wrote or a run that failed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

VARIABLE: Final = "SOC2_JOURNAL"
"""Names the folder for journals in the environment of the pack; without it none is written."""

FORMAT: Final = 1
"""The version of the format, in the first line of each file; it grows when a reader has to be changed."""


class JournalError(Exception):
    """The journal cannot be kept; a run without the record that it was told to leave must not go on."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One rule's verdict on one resource.

    Attributes:
        rule: the rule's id.
        urn: the resource; for what a stack rule says of the stack as a whole, the stack's own.
        scope: `resource` or `stack`, by the kind of rule.
        verdict: an outcome's value: pass, fail, redacted, unknown, waived, not applicable.
        level: the enforcement level in force: mandatory or advisory.
        messages: what the reader of the run was told, cleaned; never a value.
        reason: why the rule does not apply, empty otherwise.
        setting: the path in the policy configuration that is the reason; empty where the resource itself is.
        waiver: who answers for a waived violation, why and until when; None for every other.
    """

    rule: str
    urn: str
    scope: str
    verdict: str
    level: str
    messages: Sequence[str] = ()
    reason: str = ""
    setting: str = ""
    waiver: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Remediation:
    """What one rule changed in a resource before it was judged, or why it did not.

    Attributes:
        rule: the rule's id.
        urn: the resource.
        message: what the reader of the run was told, cleaned.
        severity: the rule's, which the engine has no word for in a remediation.
        changed: the paths of the properties that were changed, cleaned.
        withheld: why nothing was changed, cleaned; empty where something was.
    """

    rule: str
    urn: str
    message: str
    severity: str
    changed: Sequence[str] = ()
    withheld: str = ""


class Journal:
    """One file of decisions, kept by one process. Not safe under parallel calls: the pack judges one at a time."""

    def __init__(self, folder: Path) -> None:
        """Begins a new file.

        Raises:
            JournalError: the folder cannot be written to.
        """
        began = datetime.now(UTC)
        self.path = folder / f"{began:%Y%m%dT%H%M%S}Z-{os.getpid()}-{os.urandom(4).hex()}.jsonl"
        try:
            self._file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
        except OSError as error:
            raise JournalError(f"{VARIABLE}: {self.path.parent} cannot be written to ({error.strerror})") from error
        self._digest = hashlib.sha256()
        self._size = 0
        self._decisions = 0
        self._remediations = 0

    def begin(self, run: Mapping[str, object]) -> None:
        """Writes what the run is: pack, rules and their levels, configuration, stack, operation.

        Raises:
            JournalError: as `record`.
        """
        self._write({"record": "run", "format": FORMAT, **run})

    def record(self, decisions: Sequence[Decision]) -> None:
        """Writes decisions, a line each.

        Raises:
            JournalError: the disk took no more, or somebody else has written to the file or moved it.
        """
        for each in decisions:
            self._write(
                {
                    "record": "decision",
                    "rule": each.rule,
                    "urn": each.urn,
                    "scope": each.scope,
                    "verdict": each.verdict,
                    "level": each.level,
                    "messages": list(each.messages),
                    "reason": each.reason,
                    "setting": each.setting,
                    "waiver": each.waiver,
                }
            )
        self._decisions += len(decisions)

    def record_remediations(self, remediations: Sequence[Remediation]) -> None:
        """Writes what was remediated, a line each.

        Raises:
            JournalError: as `record`.
        """
        for each in remediations:
            self._write(
                {
                    "record": "remediation",
                    "rule": each.rule,
                    "urn": each.urn,
                    "message": each.message,
                    "severity": each.severity,
                    "changed": list(each.changed),
                    "withheld": each.withheld,
                }
            )
        self._remediations += len(remediations)

    def end(self, *, stack_judged: bool) -> None:
        """Writes the last line, which tells a whole journal from that of a killed run.

        Args:
            stack_judged: whether the stack rules ran; after an aborted update they did not.

        Raises:
            JournalError: as `record`, or as `verify`; then the line is not written.
        """
        self.verify()
        counted = {"decisions": self._decisions, "remediations": self._remediations}
        self._write({"record": "end", **counted, "stack_judged": stack_judged})
        self.verify()

    def verify(self) -> None:
        """Reads the file again and holds it against what was written.

        Raises:
            JournalError: it is not what this process wrote.
        """
        self._check_in_place()
        try:
            os.lseek(self._file, 0, os.SEEK_SET)
            with open(self._file, "rb", closefd=False) as file:
                found = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise JournalError(f"{self.path.name} cannot be read again ({error.strerror})") from error
        if found != self._digest.digest():
            raise JournalError(f"{self.path.name} was changed by somebody else")

    def _check_in_place(self) -> None:
        """A file that was deleted takes every line, and nobody will ever read it."""
        try:
            there = os.path.samestat(os.lstat(self.path), os.fstat(self._file))
        except OSError:
            there = False
        if not there:
            raise JournalError(f"{self.path.name} was deleted, moved or replaced by somebody else")

    def _write(self, entry: Mapping[str, object]) -> None:
        told = {**entry, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        line = json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        try:
            os.write(self._file, line)
            size = os.fstat(self._file).st_size
        except OSError as error:
            raise JournalError(f"{self.path.name} cannot be written to ({error.strerror})") from error
        self._digest.update(line)
        self._size += len(line)
        if size != self._size:
            raise JournalError(f"{self.path.name} was written to by somebody else, or not to the end")
        self._check_in_place()
