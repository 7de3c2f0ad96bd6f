"""What a rule looks at, found by watching it judge its own examples: resource types, properties, what defers it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from ..judge.resources import STACK_TYPE, Handles, Resource, Stack, resource
from ..judge.rule import Example, ResourceRule, Rule, StackRule
from ..judge.values import UNKNOWN, Raw, Value
from ..judge.verdict import Outcome, Verdict, judge_resource, judge_stack
from .trees import Steps, path, put, watched


@dataclass(frozen=True, slots=True, order=True)
class Deferral:
    """A property that defers the rule while it is unknown.

    Attributes:
        type: the type token of the resource.
        path: the property; the elements of a list are written `[]`.
        from_outside: whether it does so only if it was computed from no resource of the stack.
    """

    type: str
    path: str
    from_outside: bool


def types(rule: Rule) -> list[str]:
    """The type tokens of the resources that a rule speaks of.

    A resource rule states them. Of a stack rule they are those that it asks the stack for in its examples.
    """
    if isinstance(rule, ResourceRule):
        return list(rule.types)
    asked: set[str] = set()
    for example in (rule.failing, rule.passing):
        _judged_stack(rule, _AskedStack([_ROOT, *example.resources], asked))
    return sorted(asked - {STACK_TYPE})


def properties(rule: Rule, example: Example) -> list[tuple[int, Steps]]:
    """The properties that a rule asks for in an example: the resource's place in it, and the way to the property."""
    read: dict[tuple[int, Steps], None] = {}

    def watching(at: int, subject: Resource) -> Resource:
        def tree(stated: Value) -> Value:
            return Value(watched(stated.raw(), lambda way: read.setdefault((at, way))))

        return replace(subject, properties=tree(subject.properties), declared=tree(subject.declared))

    judged(rule, [watching(at, subject) for at, subject in enumerate(example.resources)])
    return list(read)


def deferrals(rule: Rule) -> list[Deferral]:
    """The outermost properties of a rule's examples whose being unknown defers the verdict."""
    found: dict[tuple[str, str], bool] = {}
    for example in (rule.failing, rule.passing):
        for at, way in properties(rule, example):
            subject = example.resources[at]
            unknown = with_value(subject, way, UNKNOWN)
            key = (subject.type, re.sub(r"\[\d+\]", "[]", path(way)))
            if _defers(rule, example, at, unknown):
                found[key] = False
            elif _defers(rule, example, at, replace(unknown, dependencies={})):
                found.setdefault(key, True)
    return sorted(
        Deferral(token, shown, outside)
        for (token, shown), outside in found.items()
        if not any(token == other and shown.startswith((outer + ".", outer + "[")) for other, outer in found)
    )


def with_value(subject: Resource, way: Steps, value: Raw) -> Resource:
    """The resource with another value at the end of a way, in what was declared and in what is planned."""

    def tree(stated: Value) -> Value:
        try:
            return Value(put(stated.raw(), way, value))
        except KeyError:
            return stated  # one of the two may be unknown as a whole where the other is not

    return replace(subject, properties=tree(subject.properties), declared=tree(subject.declared))


def judged(rule: Rule, resources: Sequence[Resource]) -> Verdict:
    """The verdict of a rule on an example's resources."""
    if isinstance(rule, ResourceRule):
        return judge_resource(rule, resources[0])
    return _judged_stack(rule, Stack([_ROOT, *resources]))


_ROOT = resource(STACK_TYPE, "stack", {})


def _judged_stack(rule: Rule, stack: Stack) -> Verdict:
    if not isinstance(rule, StackRule):
        raise TypeError(f"{rule.id} is neither a ResourceRule nor a StackRule")
    return judge_stack(rule, stack)


def _defers(rule: Rule, example: Example, at: int, instead: Resource) -> bool:
    resources = [instead if each == at else subject for each, subject in enumerate(example.resources)]
    return judged(rule, resources).outcome is Outcome.UNKNOWN


class _AskedStack(Stack):
    """A stack that keeps which types it was asked for."""

    def __init__(self, resources: Iterable[Resource], asked: set[str]) -> None:
        super().__init__(resources)
        self._asked = asked

    def of(self, *types: str) -> list[Resource]:
        self._asked.update(types)
        return super().of(*types)

    def sharing(self, handles: Handles, wanted: Collection[str], *types: str, undecided: bool = True) -> list[Resource]:
        self._asked.update(types)
        return super().sharing(handles, wanted, *types, undecided=undecided)

    def targets(self, source: Resource, key: str, type: str, *, by: str = "id") -> list[Resource]:  # noqa: A002
        self._asked.add(type)
        return super().targets(source, key, type, by=by)
