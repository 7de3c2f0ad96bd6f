"""Turns what the pack told the engine into the decisions of its journal."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from pulumi.runtime.proto import analyzer_pb2 as pb

from .configured import PACK, Configuration
from .digest import pack_digest
from .journal import VARIABLE, Decision, Journal, Remediation
from .manifest import Manifest
from .operation import Operation
from .pack import Level
from .rule import Finding, NotApplicable, StackRule
from .verdict import Outcome, Verdict, outcome_of
from .waivers import Waived


class Recorder:
    """Writes the decisions of one pack process, after a first line that says what judged what.

    Attributes:
        stack: `organization/project/stack`, as the engine names it.
        operation: what the engine does; over stored state it does not name the stack.
        configuration: the configuration in the engine's own form, of which only the digest is written.
        settings: what is configured; its profile and waivers are written.
    """

    def __init__(self, journal: Journal, manifest: Manifest, digest: str) -> None:
        self.stack = ""
        self.operation = Operation.UPDATE
        self.configuration = b""
        self.settings = Configuration()
        self._journal = journal
        self._manifest = manifest
        self._digest = digest
        self._began = False
        self._advisory: Set[str] = frozenset()
        self._stack_judged = False

    @classmethod
    def of(cls, manifest: Manifest, pack: Path) -> Recorder | None:
        """The recorder that the environment asks for; None where it asks for none.

        Raises:
            JournalError: it asks for one in a folder that cannot be written to.
        """
        folder = os.environ.get(VARIABLE)
        return cls(Journal(Path(folder)), manifest, pack_digest(pack)) if folder else None

    def begin(self, levels: Mapping[str, Level]) -> None:
        """Writes the first line, unless it is written: before anything is judged, so that no aborted run lacks it.

        Args:
            levels: of every rule, by its id.

        Raises:
            JournalError: as `Journal.record`.
        """
        if self._began:
            return
        self._began, self._advisory = True, {rule for rule, level in levels.items() if level is Level.ADVISORY}
        self._journal.begin(
            {
                "pack": {"name": self._manifest.name, "version": self._manifest.version, "digest": self._digest},
                "stack": self.stack,
                "operation": self.operation.value,
                "configuration": f"sha256:{hashlib.sha256(self.configuration).hexdigest()}",
                "profile": self.settings.profile,
                "rules": {rule: level.value for rule, level in levels.items()},
                "production": list(self.settings.production),
                "waivers": [each.model_dump(mode="json") for each in self.settings.waivers],
            }
        )

    def record(self, verdicts: Iterable[Verdict], told: pb.AnalyzeResponse) -> None:
        """Writes the verdicts, each with the messages that the engine is told; raises as `Journal.record` does."""
        self._journal.record([each for verdict in verdicts for each in _decisions(verdict, told, self._advisory)])

    def record_remarks(self, remarks: Sequence[pb.AnalyzeDiagnostic], stack: str) -> None:
        """Writes what was found wrong with the configuration itself; raises as `Journal.record` does."""
        mandatory = any(each.enforcementLevel == pb.MANDATORY for each in remarks)
        outcome = Outcome.FAIL if remarks else Outcome.PASS
        level = "advisory" if remarks and not mandatory else "mandatory"
        self._journal.record([Decision(PACK, stack, "stack", outcome.value, level, [each.message for each in remarks])])

    def record_remediations(self, remediations: Sequence[Remediation]) -> None:
        """Writes what was changed before it was judged; raises as `Journal.record` does."""
        self._journal.record_remediations(remediations)

    def stack_is_judged(self) -> None:
        """Notes that the stack rules ran, and holds the file against what was written."""
        self._stack_judged = True
        self._journal.verify()

    def end(self) -> None:
        """Writes the last line; raises as `Journal.end` does."""
        self._journal.end(stack_judged=self._stack_judged)


def _decisions(verdict: Verdict, told: pb.AnalyzeResponse, advisory: Set[str]) -> Iterator[Decision]:
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
        found = [each for each in verdict.findings if _on(each, subject) == urn]
        waivers = [each.by.described() for each in found if isinstance(each, Waived)]
        outcome = outcome_of(found)
        waiver = waivers[0] if outcome is Outcome.WAIVED else None  # one for all: the first that covers rule and URN
        yield Decision(rule, urn, scope, outcome.value, levels[urn], said, waiver=waiver)
    level = Level.ADVISORY if rule in advisory else Level.MANDATORY
    reasons: dict[str, list[str]] = {} if messages else {subject: []}
    unspoken = [each for each in verdict.findings if isinstance(each, NotApplicable)]
    given = [each.reason for each in told.not_applicable if each.policy_name == rule]
    settings: dict[str, str] = {}
    for finding, reason in zip(unspoken, given, strict=True):
        urn = _on(finding, subject)
        reasons.setdefault(urn, []).append(reason)
        settings[urn] = settings.get(urn) or finding.setting
    for urn in (each for each in reasons if each not in messages):
        outcome = verdict.outcome if urn == subject and not messages else Outcome.NOT_APPLICABLE
        setting = settings.get(urn, "")
        yield Decision(rule, urn, scope, outcome.value, level.value, reason="; ".join(reasons[urn]), setting=setting)


def _on(finding: Finding, subject: str) -> str:
    return finding.on.urn if finding.on else subject
