"""Resources as rules see them: one at a time with what was declared, or all of a stack with what is planned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .production import Production
from .values import Raw, Value

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource.

    Attributes:
        type: the type token, e.g. `vercel:index/project:Project`.
        urn: the URN.
        name: the logical name, the last part of the URN.
        properties: checked inputs when a resource is judged by itself; planned outputs (at preview) or outputs (at
            update) when the stack is judged. Computed ones are unknown at preview.
        declared: the checked inputs in both cases. It tells what was left to the provider (absent) from what is set,
            which planned outputs do not: there, an attribute nobody set is unknown until the provider has chosen.
        parent: URN of the parent, empty for none.
        dependencies: for each property the URNs it was computed from; only known when the stack is judged.
    """

    type: str
    urn: str
    name: str
    properties: Value
    declared: Value
    parent: str = ""
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Value:
        """The value of a property, absent when it was not given."""
        return self.properties[key]


def resource(
    type: str,  # noqa: A002 - the engine's word
    name: str,
    properties: dict[str, Raw],
    *,
    urn: str = "",
    declared: dict[str, Raw] | None = None,
    parent: str = "",
    dependencies: Mapping[str, tuple[str, ...]] | None = None,
) -> Resource:
    """Builds a resource from decoded properties."""
    return Resource(
        type=type,
        urn=urn or f"urn:pulumi:stack::project::{type}::{name}",
        name=name,
        properties=Value(dict(properties)),
        declared=Value(dict(properties if declared is None else declared)),
        parent=parent,
        dependencies=dependencies or {},
    )


Handles: TypeAlias = "Callable[[Stack, Resource], Collection[str] | None]"
"""What a resource goes by in some respect, such as the repositories it refers to; None if that cannot be told."""


class Stack:
    """All resources of a stack, indexed once by type and URN.

    Args:
        resources: in the order the engine sent them.
        production: which projects serve production; all of them if left out.

    Attributes:
        resources, production: as given.
    """

    def __init__(self, resources: Iterable[Resource], production: Production | None = None) -> None:
        self.resources = tuple(resources)
        self.production = production or Production()
        self._by_urn = {each.urn: each for each in self.resources}
        self._by_type: dict[str, list[Resource]] = {}
        self._places: dict[Resource, int] = {}
        for place, each in enumerate(self.resources):
            self._by_type.setdefault(each.type, []).append(each)
            self._places[each] = place
        self._by_identity: dict[tuple[str, str], dict[str, list[Resource]]] = {}
        self._by_handle: dict[tuple[str, Handles], dict[str | None, list[Resource]]] = {}

    def of(self, *types: str) -> list[Resource]:
        """The resources of the given type tokens, in the order the engine sent them."""
        if len(types) == 1:
            return list(self._by_type.get(types[0], ()))
        return self.in_order(each for type_ in set(types) for each in self._by_type.get(type_, ()))

    def sharing(self, handles: Handles, wanted: Collection[str], *types: str, undecided: bool = True) -> list[Resource]:
        """The resources of the given types that have one of the wanted handles, or do not tell theirs, in order.

        Those that do not tell theirs are the same for everyone: whoever asks in turn for many can ask for them once,
        with nothing wanted, and leave them out of the others without `undecided`.

        A rule that looks for what belongs to each project in turn asks for it here: looking through all resources for
        every project takes a time that grows with the square of the stack.
        """
        found: dict[Resource, None] = {}
        for type_ in types:
            index = self._handled(type_, handles)
            for handle in (None, *wanted) if undecided else wanted:
                found |= dict.fromkeys(index.get(handle, ()))
        return self.in_order(found)

    def in_order(self, resources: Iterable[Resource]) -> list[Resource]:
        """Resources of this stack, in the order the engine sent them."""
        return sorted(resources, key=self._places.__getitem__)

    def get(self, urn: str) -> Resource | None:
        """The resource of a URN, if it is part of this stack."""
        return self._by_urn.get(urn)

    @property
    def root(self) -> Resource | None:
        """The stack's own resource, which findings about the stack as a whole are reported on."""
        roots = self._by_type.get(STACK_TYPE)
        return roots[0] if roots else None

    def targets(self, source: Resource, key: str, type: str, *, by: str = "id") -> list[Resource]:  # noqa: A002
        """The resources of a type that a property of `source` refers to.

        The engine's property dependencies name the target even where its id is unknown; a literal is matched against
        the target's own `by` property. An empty answer means that nothing in this stack is referred to: it may be
        outside the stack, and a property that is unknown without a dependency cannot be resolved here.
        """
        found = {
            urn: target
            for urn in source.dependencies.get(key, ())
            if (target := self._by_urn.get(urn)) is not None and target.type == type
        }
        for literal in sorted(_literals(source[key])):
            found |= {target.urn: target for target in self._identified(type, by).get(literal, ())}
        return list(found.values())

    def _handled(self, type: str, handles: Handles) -> Mapping[str | None, Sequence[Resource]]:  # noqa: A002
        if (type, handles) not in self._by_handle:
            index: dict[str | None, list[Resource]] = {}
            for each in self._by_type.get(type, ()):
                told = handles(self, each)
                for handle in (None,) if told is None else told:
                    index.setdefault(handle, []).append(each)
            self._by_handle[type, handles] = index
        return self._by_handle[type, handles]

    def _identified(self, type: str, by: str) -> Mapping[str, Sequence[Resource]]:  # noqa: A002
        """The resources of a type by a property that identifies them; built once, since every join asks for it."""
        if (type, by) not in self._by_identity:
            index: dict[str, list[Resource]] = {}
            for each in self._by_type.get(type, ()):
                if each[by].present and not each[by].unknown:
                    index.setdefault(each[by].text(), []).append(each)
            self._by_identity[type, by] = index
        return self._by_identity[type, by]


def _literals(value: Value) -> set[str]:
    if value.unknown or value.absent:
        return set()
    elements = value.elements() if value.is_list else [value]
    return {element.text() for element in elements if element.present and not element.unknown}
