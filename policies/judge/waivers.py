"""Waivers: violations that somebody answers for until a date, and what is wrong with the waivers themselves.

Their shape is that of Pulumi's policy exceptions (a reason, and matches of policies and URNs), with a person, a ticket
and two dates. A waiver with a fault waives nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from .covered import Covered, Vague
from .globs import ANY
from .resources import Resource, Stack
from .rule import Rule, Undecided, Violation

if TYPE_CHECKING:
    from .waiver import Match, Waiver

_MOST_RULES: Final = 5
"""How many rules a waiver may name: one that names most of them is as good as no pack."""

_URN: Final = "urn:pulumi:"


def utc_today() -> date:
    """Today, by UTC, so that a waiver ends at the same moment for everybody."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived(Violation):
    """A violation that a waiver covers: reported, and held against nobody.

    Attributes:
        by: the waiver.
    """

    by: Waiver

    @property
    def held(self) -> bool:
        """Never: somebody answers for it."""
        return False


@dataclass(frozen=True, slots=True)
class _Matcher:
    at: str
    waiver: Waiver
    covered: Sequence[Covered]
    match: Match


class Waivers:
    """The waivers of a configuration, and which of them were of use.

    Args:
        waivers: in the order of the configuration.
        rules: the rules of the pack by id.
        today: the day of the run.
        longest: how many days a waiver may hold.
    """

    def __init__(self, waivers: Sequence[Waiver], rules: Mapping[str, Rule], today: date, longest: int) -> None:
        self.faults: list[Violation] = []
        self._by_policy: dict[str, list[_Matcher]] = {}
        self._unused: dict[str, _Matcher] = {}
        for index, waiver in enumerate(waivers):
            at = f"pack.waivers[{index}]"
            if faults := [*_ill_dated(waiver, at, today, longest), *_too_much(waiver, at, rules)]:
                self.faults += faults
                continue
            for number, match in enumerate(waiver.matches):
                covered = [Covered(urn) for urn in match.urns]
                matcher = _Matcher(f"{at}.matches[{number}]", waiver, covered, match)
                self._unused[matcher.at] = matcher
                for policy in match.policies:
                    self._by_policy.setdefault(policy, []).append(matcher)

    def waive(self, rule: Rule, violation: Violation, subject: Resource | None) -> Violation:
        """The violation, as waived if a waiver covers it."""
        if matcher := self._covering(rule, violation.on or subject):
            return Waived(violation.path, violation.what, violation.mend, violation.on, by=matcher.waiver)
        return violation

    def expect(self, rule: Rule, deferred: Undecided, subject: Resource | None) -> None:
        """Counts a waiver as used that may be needed once the value is known."""
        self._covering(rule, deferred.on or subject)

    def unused(self, stack: Stack) -> Iterator[Violation]:
        """The matches that have covered nothing so far, of those that speak of this stack."""
        for matcher in self._unused.values():
            if any(_speaks_of(urn, stack.root) for urn in matcher.match.urns):
                yield Violation(
                    matcher.at,
                    f"waives nothing in this stack ({matcher.waiver.ticket})",
                    mend="remove it if what it waived was mended; if the URN has changed, correct it",
                )

    def _covering(self, rule: Rule, subject: Resource | None) -> _Matcher | None:
        if subject is None:
            return None
        for matcher in self._by_policy.get(rule.id, ()):
            if any(subject in each for each in matcher.covered):
                self._unused.pop(matcher.at, None)
                return matcher
        return None


def _ill_dated(waiver: Waiver, at: str, today: date, longest: int) -> Iterator[Violation]:
    what = f"the waiver {waiver.ticket} waives nothing"
    if waiver.expires < today:
        yield Violation(
            f"{at}.expires",
            f"was {waiver.expires}, so {what} any more",
            mend="mend what it waived and remove it, or have it approved anew",
        )
    if waiver.opened > today:
        yield Violation(
            f"{at}.opened", f"is {waiver.opened}, a day to come, so {what} yet", mend="state the day it was approved"
        )
    days = (waiver.expires - waiver.opened).days
    if days > longest:
        yield Violation(
            f"{at}.expires",
            f"is {days} days after it was opened and maxWaiverDays is {longest}, so {what}",
            mend="let it expire earlier; it can be approved anew by then",
        )


def _too_much(waiver: Waiver, at: str, rules: Mapping[str, Rule]) -> Iterator[Violation]:
    what = f"so the waiver {waiver.ticket} waives nothing"
    named = len({policy for match in waiver.matches for policy in match.policies})
    if named > _MOST_RULES:
        yield Violation(
            f"{at}.matches",
            f"names {named} rules and a waiver may name {_MOST_RULES}, {what}",
            mend=f"name at most {_MOST_RULES} rules, and have each further violation approved by itself",
        )
    for number, match in enumerate(waiver.matches):
        for index, policy in enumerate(match.policies):
            path = f"{at}.matches[{number}].policies[{index}]"
            if policy == ANY:
                yield Violation(path, f"covers every rule, {what}", mend="name the rules that are meant")
            elif not rules[policy].waivable:
                yield Violation(
                    path, f"is {policy}, which cannot be waived, {what}", mend="remove it, and mend the violation"
                )
        for index, urn in enumerate(match.urns):
            try:
                Covered(urn)
            except Vague as vague:
                yield Violation(f"{at}.matches[{number}].urns[{index}]", f"{vague.what}, {what}", vague.mend)


def unknown_policies(waiver: Waiver, rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    """Path within the waiver and name of every policy that is no rule."""
    for number, match in enumerate(waiver.matches):
        for index, policy in enumerate(match.policies):
            if policy != ANY and policy not in rules:
                yield f"matches[{number}].policies[{index}]", policy


def _speaks_of(urn: str, root: Resource | None) -> bool:
    literal = urn.partition(ANY)[0]
    if root is None or not literal.startswith(_URN):
        return True
    stack = "::".join(root.urn.split("::")[:2]) + "::"
    return literal.startswith(stack) or stack.startswith(literal)
