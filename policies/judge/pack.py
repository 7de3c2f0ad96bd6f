"""The pack: rules dispatched by type over resources that were decoded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from enum import Enum

from .resources import Resource, Stack
from .rule import ResourceRule, Rule, StackRule
from .verdict import Limit, Verdict, judge_resource, judge_stack


class Level(Enum):
    """The enforcement level of a rule, in the words of the Pulumi protocol."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"  # mandatory, once what the rule can tighten by itself has been tightened
    DISABLED = "disabled"


class Pack:
    """The rules in force, and what they say.

    Args:
        rules: every rule of the pack.
        levels: enforcement level by rule id; a rule that is not named is mandatory.
        limit: what each rule runs inside of, to end one that never answers.
    """

    def __init__(
        self, rules: Sequence[Rule], levels: Mapping[str, Level] | None = None, *, limit: Limit = nullcontext
    ) -> None:
        self.rules = tuple(rules)
        self._limit = limit
        self.levels = {rule.id: (levels or {}).get(rule.id, Level.MANDATORY) for rule in rules}
        self._by_type: dict[str, list[ResourceRule]] = {}
        self._stack_rules: list[StackRule] = []
        for rule in self.rules:
            if self.levels[rule.id] is Level.DISABLED:
                continue
            if isinstance(rule, ResourceRule):
                for token in rule.types:
                    self._by_type.setdefault(token, []).append(rule)
            elif isinstance(rule, StackRule):
                self._stack_rules.append(rule)

    @property
    def disabled(self) -> list[Rule]:
        """The rules that configuration switched off; a reader must be told, or silence would look like a pass."""
        return [rule for rule in self.rules if self.levels[rule.id] is Level.DISABLED]

    def speaks_of(self, type: str) -> bool:  # noqa: A002 - the engine's word
        """Whether any rule in force looks at resources of this type by themselves."""
        return type in self._by_type

    def remediating(self, type: str) -> list[ResourceRule]:  # noqa: A002
        """The rules that were asked to remediate resources of this type and can."""
        return [
            rule
            for rule in self._by_type.get(type, ())
            if rule.remediate is not None and self.levels[rule.id] is Level.REMEDIATE
        ]

    def judge(self, resource: Resource) -> list[Verdict]:
        """The verdicts of the resource rules that speak of the resource's type."""
        return [judge_resource(rule, resource, self._limit) for rule in self._by_type.get(resource.type, ())]

    def judge_stack(self, stack: Stack) -> list[Verdict]:
        """The verdicts of the stack rules."""
        return [judge_stack(rule, stack, self._limit) for rule in self._stack_rules]
