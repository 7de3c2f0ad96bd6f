"""The shape of what introspection of an SDK cannot tell about a resource type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Parent:
    """The object that another lives below.

    Attributes:
        type: name of the parent's type in the same package.
        property: input that names it.
        keys: properties of the parent that the input may hold; ``id`` is its id.
    """

    type: str
    property: str
    keys: tuple[str, ...] = ("id",)


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Traits:
    """Reviewed facts about one resource type.

    Paths are property names joined by dots; list positions are left out. A template is text with
    ``{property}`` of the new object, or ``{hex24}`` (random), ``{number}`` (running), ``{now}``, ``{nowMs}``,
    ``{team}``, ``{owner}``, ``{parent.property}``.

    Attributes:
        defaults: path to the default the provider's schema has.
        secrets: paths of nested values that are secret.
        sets: paths of arrays of objects without an order.
        lists: paths of string arrays with an order, where a provider's arrays are sets otherwise.
        replaces: inputs whose change makes a new object.
        computed: paths of values the API decides when they are not given, beyond the outputs that the
            SDK says are always present.
        volatile: paths of computed values that are unknown again in every update's plan.
        steady: paths of computed values that stay absent in an update's plan when they were absent.
        settled: path to the value or template the API gives a computed value; None leaves it out.
        zeroed: paths of optional outputs that come back as a zero value when they were not given.
        write_only: inputs that the API never gives back, and that stay in the state.
        transient: inputs that are sent and appear in no output at all.
        hidden_if: a boolean input that, when true, makes the `value` write-only.
        id: template of the id.
        upsert: whether creating it again overwrites it: one per project or repository.
        claims: templates of what must be unique; ``{name[]}`` makes one claim per element.
        parents: objects that must exist; it is removed with the first of them.
        required: inputs refused when missing although the SDK calls them optional, with the reason.
    """

    defaults: Mapping[str, Any] = field(default_factory=_empty)
    secrets: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    steady: frozenset[str] = frozenset()
    settled: Mapping[str, Any] = field(default_factory=_empty)
    zeroed: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    transient: frozenset[str] = frozenset()
    hidden_if: str | None = None
    id: str | None = None
    upsert: bool = False
    claims: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    required: Mapping[str, str] = field(default_factory=_empty)

    def overlaid(self, other: Traits) -> Traits:
        """Return these traits with the other's added: collections are joined, the rest is overridden."""
        changes: dict[str, Any] = {}
        for item in fields(self):
            mine, theirs = getattr(self, item.name), getattr(other, item.name)
            if isinstance(mine, frozenset):
                changes[item.name] = mine | theirs
            elif isinstance(mine, Mapping):
                changes[item.name] = {**mine, **theirs}
            elif theirs:
                changes[item.name] = theirs
        return replace(self, **changes)


def names(*lines: str) -> frozenset[str]:
    """Return the words of the lines: the tables' short form of a set of names or paths."""
    return frozenset(word for line in lines for word in line.split())
