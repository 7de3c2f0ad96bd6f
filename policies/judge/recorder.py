"""Turns what the pack told the engine into the decisions of its journal."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pulumi.runtime.proto import analyzer_pb2 as pb

from .digest import pack_digest
from .journal import VARIABLE, Decision, Journal
from .manifest import Manifest
from .rule import StackRule, Violation
from .verdict import Outcome, Verdict


class Recorder:
    """Writes the decisions of one pack process, after a first line that says what judged what.

    Attributes:
        stack: `organization/project/stack`, as the engine names it.
        operation: `preview` or `update`.
        configuration: the configuration in the engine's own form, of which only the digest is written.
    """

    def __init__(self, journal: Journal, manifest: Manifest, digest: str) -> None:
        self.stack = ""
        self.operation = "update"
        self.configuration = b""
        self._journal = journal
        self._manifest = manifest
        self._digest = digest
        self._began = False
        self._stack_judged = False

    @classmethod
    def of(cls, manifest: Manifest, pack: Path) -> Recorder | None:
        """The recorder that the environment asks for; None where it asks for none.

        Raises:
            JournalError: it asks for one in a folder that cannot be written to.
        """
        folder = os.environ.get(VARIABLE)
        return cls(Journal(Path(folder)), manifest, pack_digest(pack)) if folder else None

    def record(self, verdicts: Iterable[Verdict], told: pb.AnalyzeResponse) -> None:
        """Writes the verdicts, each with the messages that the engine is told; raises as `Journal.record` does."""
        if not self._began:
            self._begin()
        preview = self.operation == "preview"
        self._journal.record([each for verdict in verdicts for each in _decisions(verdict, told, preview=preview)])

    def stack_is_judged(self) -> None:
        """Notes that the stack rules ran, and holds the file against what was written."""
        self._stack_judged = True
        self._journal.verify()

    def end(self) -> None:
        """Writes the last line."""
        if not self._began:
            self._begin()
        self._journal.end(stack_judged=self._stack_judged)

    def _begin(self) -> None:
        self._began = True
        self._journal.begin(
            {
                "pack": {"name": self._manifest.name, "version": self._manifest.version, "digest": self._digest},
                "configuration": f"sha256:{hashlib.sha256(self.configuration).hexdigest()}",
                "stack": self.stack,
                "operation": self.operation,
            }
        )


def _decisions(verdict: Verdict, told: pb.AnalyzeResponse, *, preview: bool) -> Iterator[Decision]:
    """One decision for each resource that the verdict has something to say of, else one for its subject."""
    rule = verdict.rule.id
    scope = "stack" if isinstance(verdict.rule, StackRule) else "resource"
    subject = verdict.subject.urn if verdict.subject else ""
    messages: dict[str, list[str]] = {}
    levels: dict[str, str] = {}
    for each in told.diagnostics:
        if each.policyName == rule:
            messages.setdefault(each.urn, []).append(each.message)
            if levels.get(each.urn) != "mandatory":
                levels[each.urn] = pb.EnforcementLevel.Name(each.enforcementLevel).lower()
    for urn, said in messages.items():
        # What is still unknown at update is held against the resource.
        violated = not preview or _is_violated(verdict, urn, subject)
        yield Decision(rule, urn, scope, (Outcome.FAIL if violated else Outcome.UNKNOWN).value, levels[urn], said)
    if not messages:
        reasons = [each.reason for each in told.not_applicable if each.policy_name == rule]
        yield Decision(rule, subject, scope, verdict.outcome.value, "mandatory", reason="; ".join(reasons))


def _is_violated(verdict: Verdict, urn: str, subject: str) -> bool:
    return any(
        isinstance(finding, Violation) and (finding.on.urn if finding.on else subject) == urn
        for finding in verdict.findings
    )
