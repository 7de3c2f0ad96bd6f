"""The verdict of one rule on one resource (or on the stack), and how it is reached."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from .resources import Resource, Stack
from .rule import (
    Finding,
    Findings,
    NotApplicable,
    Redacted,
    ResourceRule,
    Rule,
    StackRule,
    Undecided,
    Violation,
    unjudgeable,
)
from .turns import RULE_SECONDS, Overrun
from .values import Malformed, Undetermined
from .waivers import Waived

Limit: TypeAlias = Callable[[str], AbstractContextManager[object]]
"""What the rule of an id runs inside of: `turns.InTime` in the pack's process, nothing where no time limit can be
kept."""


class Outcome(Enum):
    """What a rule says; never a bare true or false."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    REDACTED = "redacted"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's outcome on one resource, with the findings it rests on.

    Attributes:
        rule: the rule.
        subject: the resource judged; for a stack rule the stack's own resource, None where the engine sent none.
        outcome: a violation outweighs a redacted value, that an unknown one, an unknown one a waived violation, and
            that outweighs not applicable.
        findings: in the order the rule reported them.
    """

    rule: Rule
    subject: Resource | None
    outcome: Outcome
    findings: tuple[Finding, ...]


def judge_resource(rule: ResourceRule, resource: Resource, limit: Limit = nullcontext) -> Verdict:
    """Runs a resource rule. A rule that raises, or that `limit` ends, is a violation of that rule."""
    return _verdict(rule, resource, lambda: rule.check(resource), limit)


def judge_stack(rule: StackRule, stack: Stack, limit: Limit = nullcontext) -> Verdict:
    """Runs a stack rule. A rule that raises, or that `limit` ends, is a violation of that rule."""
    return _verdict(rule, stack.root, lambda: rule.check(stack), limit)


def _verdict(rule: Rule, subject: Resource | None, check: Callable[[], Findings], limit: Limit) -> Verdict:
    findings: list[Finding] = []
    try:
        with limit(rule.id):
            for finding in check():  # one at a time: what was found before an unknown value or a crash is kept
                findings.append(_checked(finding))  # noqa: PERF401
    except Undetermined as unknown:
        findings.append(Undecided(unknown.path))
    except Malformed as shape:
        findings.append(unjudgeable(shape))
    except Overrun:
        findings.append(_overrun(rule))
    except BaseException as crash:  # `sys.exit` in a rule would leave the engine waiting for an answer
        findings.append(crashed(rule, crash))
    # Two projects that deploy from one repository find the same fault in it; the reader needs it once.
    return Verdict(rule, subject, outcome_of(findings), tuple(dict.fromkeys(findings)))


def _checked(finding: object) -> Finding:
    match finding:
        case (
            Violation(path=str(), what=str(), mend=str(), on=Resource() | None)
            | Undecided(path=str(), on=Resource() | None)
            | NotApplicable(reason=str(), on=Resource() | None)
        ):
            return finding
    raise TypeError("a check yields findings")


def crashed(rule: Rule, crash: BaseException) -> Violation:
    """A rule whose own code fails is a violation: nothing shows that the control holds."""
    # The exception's text is left out on purpose: it may quote a property value.
    at, trace = "", crash.__traceback__
    while trace is not None:
        at, trace = f"{trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}", trace.tb_next
    return Violation(
        "",
        f"could not be judged: the rule itself failed ({type(crash).__name__} in {at}), which counts as a violation",
        mend=f"report this as a bug of rule {rule.id}",
    )


def _overrun(rule: Rule) -> Violation:
    return Violation(
        "",
        f"could not be judged: the rule did not answer within {RULE_SECONDS:g} s, which counts as a violation",
        mend=f"report this as a bug of rule {rule.id}",
    )


def outcome_of(findings: Collection[Finding]) -> Outcome:
    """What findings come to; a waived violation is known by its type, `Waived`.

    That a rule does not speak of one resource among others says nothing of the others.
    """
    if not findings:
        return Outcome.PASS
    kinds = {type(finding) for finding in findings if not isinstance(finding, NotApplicable) or finding.on is None}
    if Violation in kinds:
        return Outcome.FAIL
    if Redacted in kinds:
        return Outcome.REDACTED
    if Undecided in kinds:
        return Outcome.UNKNOWN
    if Waived in kinds:
        return Outcome.WAIVED
    if NotApplicable in kinds:
        return Outcome.NOT_APPLICABLE
    return Outcome.PASS
