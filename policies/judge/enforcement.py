"""What the configuration makes of the verdicts: plans, unknown values, waivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date

from .configured import Configuration
from .operation import Operation
from .pack import Level
from .production import Production
from .resources import Resource, Stack
from .rule import Finding, NotApplicable, Redacted, Rule, Undecided, Violation, still_unknown
from .verdict import Limit, Outcome, Verdict, crashed, outcome_of
from .waivers import Waivers


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding about the configuration itself, and its level."""

    finding: Violation
    level: Level


class Enforcement:
    """Applies a configuration to verdicts, and remembers which waivers were of use.

    Args:
        configuration: what is configured.
        rules: the rules of the pack by id.
        today: the day of the run.
        limit: what code of a rule runs inside of.

    Attributes:
        production: which projects serve production.
    """

    def __init__(
        self, configuration: Configuration, rules: Mapping[str, Rule], today: date, limit: Limit = nullcontext
    ) -> None:
        self._configuration = configuration
        self._limit = limit
        self.production = Production(configuration.production)
        self._plans = configuration.plans
        self._waivers = Waivers(configuration.waivers, rules, today, configuration.max_waiver_days)

    def settle(self, verdicts: Iterable[Verdict], operation: Operation) -> list[Verdict]:
        """The verdicts under the configuration. Unless this is a preview, no value stays unknown."""
        return [self._settled(verdict, operation) for verdict in verdicts]

    def holds(self, verdict: Verdict) -> bool:
        """Whether a violation is held against the resource: one that is neither waived nor advice, and within its plan.

        A value that the rule could not read counts for nothing here, whatever is configured about it. A waiver that
        covers what was found counts as used.
        """
        if self._within_plan(verdict) is not verdict:
            return False
        violations = [each for each in verdict.findings if isinstance(each, Violation)]
        return any(self._as_configured(verdict.rule, each, verdict.subject).held for each in violations)

    def remarks(self, stack: Stack) -> Iterator[Remark]:
        """What is wrong with the configuration, once the whole stack was judged.

        A run may judge a part of a stack (`--target`), so that something was of no use is an advisory always.
        """
        level = self._configuration.pack_level
        if level is Level.DISABLED:
            what = "is switched off by the policy configuration, so faults of waivers are advisories"
            yield Remark(Violation("pack", what, "set its level, or that of `all`, to mandatory"), Level.ADVISORY)
        for fault in self._waivers.faults:
            # `remediate` means mandatory where there is nothing to remediate, as in a waiver.
            advised = level is Level.ADVISORY or level is Level.DISABLED
            yield Remark(fault, Level.ADVISORY if advised else Level.MANDATORY)
        for unused in self._waivers.unused(stack):
            yield Remark(unused, Level.ADVISORY)
        for index in self.production.unused():
            what, mend = "matches no Vercel project of this stack", "remove it, or correct it if a project was renamed"
            yield Remark(Violation(f"pack.projects.production[{index}]", what, mend), Level.ADVISORY)

    def _settled(self, verdict: Verdict, operation: Operation) -> Verdict:
        within = self._within_plan(verdict)
        if within is not verdict:
            return within
        if verdict.outcome is Outcome.PASS or verdict.outcome is Outcome.NOT_APPLICABLE:
            return verdict
        findings = tuple(self._weighed(verdict.rule, each, verdict.subject, operation) for each in verdict.findings)
        return replace(verdict, outcome=outcome_of(findings), findings=findings)

    def _within_plan(self, verdict: Verdict) -> Verdict:
        """The verdict itself, or one that says why the stated plans leave the rule nothing to ask for."""
        needs = verdict.rule.needs
        if needs is None or needs.vendor not in self._plans:
            return verdict
        try:
            with self._limit(verdict.rule.id):
                reason = needs.lacking(self._plans, verdict.subject)  # runs code of the rule
        except BaseException as crash:
            return replace(verdict, outcome=Outcome.FAIL, findings=(crashed(verdict.rule, crash),))
        if not reason:
            return verdict
        return replace(verdict, outcome=Outcome.NOT_APPLICABLE, findings=(NotApplicable(reason, setting="pack.plan"),))

    def _weighed(self, rule: Rule, finding: Finding, subject: Resource | None, operation: Operation) -> Finding:
        if isinstance(finding, Undecided):
            if operation is Operation.STORED_STATE:
                self._waivers.expect(rule, finding, subject)
                return Redacted(finding.path, finding.on)
            preview = operation is Operation.PREVIEW
            if preview and rule.id not in self._configuration.unknown_fails:
                self._waivers.expect(rule, finding, subject)
                return finding
            finding = _not_known_at_preview(finding) if preview else still_unknown(finding)
        return self._as_configured(rule, finding, subject) if isinstance(finding, Violation) else finding

    def _as_configured(self, rule: Rule, violation: Violation, subject: Resource | None) -> Violation:
        """A violation with the weight that the configuration gives it."""
        if rule.id in self._configuration.strict:
            violation = replace(violation, advice=False)
        return self._waivers.waive(rule, violation, subject)


def _not_known_at_preview(value: Undecided) -> Violation:
    return Violation(
        value.path,
        "is not known at the preview, which the policy configuration counts as a violation",
        mend="state it so that the preview knows it, or set onUnknown of this rule to defer",
        on=value.on,
    )
