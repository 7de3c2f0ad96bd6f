"""What a rule is: one file that carries its identity, rationale, examples, check and remediation.

A check is a pure function over decoded resources that yields findings; yielding nothing means the resource passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TypeAlias, TypeVar

from .plans import Needs
from .resources import Resource, Stack
from .values import Malformed, Raw, Undetermined


class Severity(Enum):
    """How bad a violation is, in the words of the Pulumi protocol."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Violation:
    """The resource breaks the rule.

    Attributes:
        path: the property, e.g. `targets[0]`; empty where the resource as a whole is meant.
        what: what is wrong, one line that reads on after the path. Never contains a value that could be a secret.
        mend: what to write instead, where it can be told more precisely than the rule's remediation.
        on: for stack rules, the resource that the finding is reported on.
        advice: whether it only advises where the rule is mandatory, unless the configuration is strict about the rule:
            for what falls short of the control and yet does not break it.
    """

    path: str
    what: str
    mend: str = ""
    on: Resource | None = None
    advice: bool = False

    @property
    def held(self) -> bool:
        """Whether it is held against the resource where the rule is mandatory."""
        return not self.advice


@dataclass(frozen=True, slots=True)
class Undecided:
    """A value the rule needs cannot be read.

    At a preview it is judged at the update, and reported as deferred until then; over stored state it is `Redacted`.
    """

    path: str
    on: Resource | None = None


@dataclass(frozen=True, slots=True)
class Redacted:
    """A value the rule needs is a secret that stored state does not show; a rule itself reports `Undecided`."""

    path: str
    on: Resource | None = None


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule does not speak of this resource after all, and why.

    Attributes:
        reason: why, one line.
        on: for stack rules, the resource, where others are judged or have a reason of their own.
        setting: the path in the policy configuration that keeps the rule from it, e.g. `pack.plan`; empty where what
            the resource is does. A team should be told what its own word takes out of sight.
    """

    reason: str
    on: Resource | None = None
    setting: str = ""


Finding: TypeAlias = Violation | Undecided | Redacted | NotApplicable
Findings: TypeAlias = Iterable[Finding]


T = TypeVar("T")


def each(items: Iterable[T], check: Callable[[T], Findings], *, on: Resource | None = None) -> Iterator[Finding]:
    """Checks every item by itself: an unknown value in one does not silence what is wrong with the next."""
    return independently(*(partial(check, item) for item in items), on=on)


def independently(*clauses: Callable[[], Findings], on: Resource | None = None) -> Iterator[Finding]:
    """Runs every clause of a rule: one that meets an unknown value or an odd shape is reported, the next still runs."""
    for clause in clauses:
        try:
            yield from clause()
        except Undetermined as unknown:
            yield Undecided(unknown.path, on)
        except Malformed as shape:
            yield unjudgeable(shape, on)


def unjudgeable(shape: Malformed, on: Resource | None = None) -> Violation:
    """A shape the rule does not know is a violation: nothing shows that the control holds."""
    return Violation(
        shape.path,
        f"is not {shape.expected}, so the control cannot be shown to hold",
        "correct the value",
        on,
    )


def still_unknown(value: Undecided) -> Violation:
    """A value that should have been known by now is a violation: nothing shows that the control holds."""
    return Violation(value.path, "is still not known, so the control cannot be shown to hold", on=value.on)


@dataclass(frozen=True, slots=True)
class Example:
    """Resources, as the engine sends them, that pass or fail a rule, with a line on what they show.

    Attributes:
        shows: what the reader should see in it.
        resources: the first one is the one judged by a resource rule; a stack rule judges all.
    """

    shows: str
    resources: tuple[Resource, ...]

    def __init__(self, shows: str, *resources: Resource) -> None:
        object.__setattr__(self, "shows", shows)
        object.__setattr__(self, "resources", resources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule carries.

    Attributes:
        id: the policy's name in the pack; the file is called the same with underscores.
        title: one line that states the control, as a fact that should hold.
        criterion: the AICPA trust services criterion it serves first, e.g. `CC6.6`.
        also: further criteria.
        frameworks: controls of other frameworks by identifier, e.g. `NIST SC-28`, `PCI 8.6.2`.
        severity: how bad a violation is.
        rationale: why it matters, for a reader who has never seen the rule.
        remediation: how to mend it, one or two sentences, imperative.
        failing: an example that breaks the rule.
        passing: an example that keeps it.
        source: where the condition comes from (vendor documentation, benchmark, standard).
        needs: the vendor's plan that has the control, where not every plan has.
        waivable: whether a waiver can cover a violation; no reason is good enough for a secret in a client bundle.
    """

    id: str
    title: str
    criterion: str
    severity: Severity
    rationale: str
    remediation: str
    failing: Example
    passing: Example
    also: Sequence[str] = ()
    frameworks: Sequence[str] = ()
    source: str = ""
    needs: Needs | None = None
    waivable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(Rule):
    """A rule about one resource at a time.

    Attributes:
        types: the type tokens it speaks of; resources of other types are never shown to it.
        check: yields findings for one resource.
        remediate: the properties of a resource that breaks the rule, tightened so that it keeps it; None where that
            is not safe for this one. Only for what can be tightened without replacing the resource, without choosing
            a person, a date or a value for the team, and without refusing what the team's users do today.
    """

    types: Sequence[str]
    check: Callable[[Resource], Findings]
    remediate: Callable[[Resource], dict[str, Raw] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(Rule):
    """A rule about all resources of a stack, for what one resource alone cannot show (a missing control).

    Attributes:
        check: yields findings for the stack; every violation says which resource it is reported `on`.
    """

    check: Callable[[Stack], Findings]
