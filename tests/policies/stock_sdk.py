"""The pack's rules as policies of the stock Python SDK, for its server to run them.

What the SDK hands to a policy is turned into our `Resource` as the check asks for it, so that a property that nobody
asks for does no harm. What the SDK has taken away (secret markers, what was declared) stays away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.judge import message
from policies.judge.resources import Resource, Stack
from policies.judge.rule import (
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
from policies.judge.values import Malformed, Opaque, Raw, Value

POLICIES_VARIABLE = "STOCK_PACK_POLICIES"
"""Names the number of policies the stock pack is to have; without it, one for each rule."""

ADVICE_VARIABLE = "STOCK_PACK_ADVICE"
"""Asks the stock pack for the policies of `advice_of` as well. It takes each rule twice, so a benchmark does not."""

ADVICE = "-advice"
"""What the policy that gives the advice of a rule is called, behind the rule's id."""

BETWEEN_REASONS = "; "
"""Stands between the reasons why a rule does not apply, of which the SDK takes one only."""


def replicated(rules: Sequence[Rule], count: int) -> list[Rule]:
    """The rules over and over until there are `count`, each under an id of its own."""
    return [
        replace(rules[at % len(rules)], id=f"{rules[at % len(rules)].id}-{at // len(rules)}")
        if at >= len(rules)
        else rules[at]
        for at in range(count)
    ]


def policies_of(rules: Iterable[Rule]) -> list[Policy]:
    """A mandatory policy of the SDK for each rule, which says all that the rule does but its advice."""
    return [_policy(rule, advice=False) for rule in rules]


def advice_of(rules: Iterable[Rule]) -> list[Policy]:
    """An advisory policy of the SDK for each rule, which gives the rule's advice and nothing else.

    A policy of the SDK has one level for all that it reports.
    """
    return [_policy(rule, advice=True) for rule in rules]


def _policy(rule: Rule, *, advice: bool) -> Policy:
    if isinstance(rule, ResourceRule):
        return _resource_policy(rule, advice=advice)
    assert isinstance(rule, StackRule)
    return _stack_policy(rule, advice=advice)


def _identity(rule: Rule, *, advice: bool) -> tuple[str, str]:
    return rule.id + (ADVICE if advice else ""), message.description(rule)


def _level(*, advice: bool) -> EnforcementLevel:
    return EnforcementLevel.ADVISORY if advice else EnforcementLevel.MANDATORY


def _resource_policy(rule: ResourceRule, *, advice: bool) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in rule.types:
            return
        properties = Value(_Properties(args.props))
        subject = Resource(args.resource_type, args.urn, args.name, properties, properties, args.opts.parent or "")
        _report(rule, partial(rule.check, subject), args.urn, args, report, advice=advice)

    return ResourceValidationPolicy(*_identity(rule, advice=advice), validate, enforcement_level=_level(advice=advice))


def _stack_policy(rule: StackRule, *, advice: bool) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = Stack(_planned(each) for each in args.resources)
        own = stack.root.urn if stack.root else ""
        _report(rule, partial(rule.check, stack), own, args, report, advice=advice)

    return StackValidationPolicy(*_identity(rule, advice=advice), validate, enforcement_level=_level(advice=advice))


def _planned(given: PolicyResource) -> Resource:
    properties = Value(_Properties(given.props))
    return Resource(
        given.resource_type,
        given.urn,
        given.name,
        properties,
        properties,
        parent=given.parent.urn if given.parent else "",
        dependencies={key: tuple(on.urn for on in deps) for key, deps in given.property_dependencies.items()},
    )


def _report(
    rule: Rule,
    check: Callable[[], Findings],
    own: str,
    args: ResourceValidationArgs | StackValidationArgs,
    report: ReportViolation,
    *,
    advice: bool,
) -> None:
    def tell(finding: Violation) -> None:
        if finding.advice is advice:
            report(message.violation(rule, finding), finding.on.urn if finding.on else own)

    reasons: dict[str, None] = {}
    try:
        for finding in check():
            if isinstance(finding, NotApplicable):
                reasons[message.not_applicable(finding)] = None
                continue
            # The SDK raises where an unknown value is touched, so a rule never gets to say that it is undecided.
            assert not isinstance(finding, Undecided | Redacted)
            tell(finding)
    except Malformed as shape:
        tell(unjudgeable(shape))
    if reasons and not advice:
        args.not_applicable(BETWEEN_REASONS.join(reasons))  # of which the SDK takes one; it raises


class _Properties(dict[str, Raw]):
    """An object of the SDK, read through its proxy: touching an unknown value raises, as it does for any policy."""

    def __init__(self, proxy: Mapping[str, Any]) -> None:
        super().__init__(dict.fromkeys(proxy))
        self._proxy = proxy

    def get(self, key: str, default: Raw = None) -> Raw:  # type: ignore[override]  # `Value` reads with nothing else
        return _raw(self._proxy[key]) if key in self else default


class _Elements(list[Raw]):
    """A list of the SDK, read through its proxy."""

    def __init__(self, proxy: Sequence[Any]) -> None:
        super().__init__([None] * len(proxy))
        self._proxy = proxy

    def __getitem__(self, index: Any) -> Any:
        return _raw(self._proxy[index])

    def __iter__(self) -> Iterator[Raw]:
        return (self[index] for index in range(len(self)))


def _raw(given: Any) -> Raw:
    if given is None or isinstance(given, bool | float | int | str):
        return given
    if isinstance(given, Mapping):
        return _Properties(given)
    if isinstance(given, pulumi.Asset):
        return Opaque("an asset")
    if isinstance(given, pulumi.Archive):
        return Opaque("an archive")
    return _Elements(given)
