"""Plans a resource: what is known of its outputs before the API is asked.

The two kinds of bridged provider differ: with Vercel's, what is neither given nor computed is absent; with
GitHub's it is an explicit null, or an empty list where blocks can stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..account import Secret
from .check import DEFAULTS_KEY
from .wire import UNKNOWN, Properties, Value, is_signed, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schema.model import Property, PropertyType, ResourceType


@dataclass(frozen=True)
class Planner:
    """Plans resources of one type.

    Attributes:
        resource: the type.
        explicit_nulls: whether values that are not given are explicit nulls, as with GitHub.
    """

    resource: ResourceType
    explicit_nulls: bool

    def create(self, inputs: Properties) -> Properties:
        """Return the planned outputs of a new resource, computed ones `UNKNOWN`."""
        outputs = self._object(self.resource.outputs, inputs, None, "", volatile=True)
        outputs["id"] = UNKNOWN
        return outputs

    def update(self, inputs: Properties, state: Properties) -> Properties:
        """Return the planned outputs of an update; what the API decides anew is `UNKNOWN`."""
        outputs = self._object(self.resource.outputs, inputs, state, "", volatile=True)
        outputs["id"] = UNKNOWN if "id" in self.resource.traits.volatile else state.get("id", UNKNOWN)
        return outputs

    def compare(self, inputs: Properties, state: Properties) -> Properties:
        """Return what the outputs would be if nothing were sent: computed values stay as they are."""
        return self._object(self.resource.outputs, inputs, state, "", volatile=False)

    def _object(
        self,
        fields: Mapping[str, Property],
        given: Mapping[str, Value],
        state: Mapping[str, Value] | None,
        path: str,
        *,
        volatile: bool,
    ) -> Properties:
        planned: Properties = {}
        for name, field in fields.items():
            place = f"{path}.{name}" if path else name
            if place in self.resource.traits.transient:
                continue
            before = state.get(name) if state is not None else None
            value = given.get(name)
            if value is not None:
                planned[name] = self._value(field.type, value, before, place, volatile=volatile)
            elif place in self.resource.traits.defaults:
                planned[name] = self.resource.traits.defaults[place]
            elif self._is_computed(field, place, path):
                planned[name] = self._computed(name, before, state, place, volatile=volatile)
            elif self.explicit_nulls:
                planned[name] = self._not_given(field.type, before, state, path)
            if name in planned:
                if planned[name] is None and not self.explicit_nulls:
                    del planned[name]
                elif self._is_secret(place) and not isinstance(planned[name], Secret):
                    planned[name] = Secret(planned[name])
        return planned

    def _is_computed(self, field: Property, place: str, path: str) -> bool:
        traits = self.resource.traits
        if place in traits.computed:
            return True
        return not path and field.required

    def _computed(
        self, name: str, before: Value, state: Mapping[str, Value] | None, place: str, *, volatile: bool
    ) -> Value:
        if state is None:
            return UNKNOWN
        if volatile and place in self.resource.traits.volatile:
            return UNKNOWN
        keeps_null = place in self.resource.traits.steady or (self.explicit_nulls and name in state)
        if before is None and volatile and not keeps_null:
            # The plugin framework cannot tell a computed null from a value that was never read.
            return UNKNOWN
        return before

    def _not_given(self, kind: PropertyType, before: Value, state: Mapping[str, Value] | None, path: str) -> Value:
        before = reveal(before)
        if kind.kind == "array" and kind.item is not None and (kind.item.kind == "object" or (path and state)):
            return []
        # The old plugin SDK takes a zero value for one that is not given, and keeps it.
        return before if state is not None and not before else None

    def _is_secret(self, place: str) -> bool:
        return place in self.resource.secrets or place in self.resource.traits.secrets

    def _value(self, kind: PropertyType, value: Value, before: Value, path: str, *, volatile: bool) -> Value:
        if isinstance(before, Secret):
            before = before.value
        if isinstance(value, Secret):
            return Secret(self._value(kind, value.value, before, path, volatile=volatile))
        if is_signed(value):
            return value
        if kind.kind == "object" and isinstance(value, dict):
            state = before if isinstance(before, dict) else None
            return self._object(kind.fields or {}, value, state, path, volatile=volatile)
        if kind.kind == "map" and isinstance(value, dict):
            return {key: part for key, part in value.items() if key != DEFAULTS_KEY}
        if kind.kind == "array" and isinstance(value, list) and kind.item is not None:
            return self._array(kind.item, value, before, path, volatile=volatile)
        if kind.kind in ("integer", "number") and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value

    def _array(self, item: PropertyType, values: list[Value], before: Value, path: str, *, volatile: bool) -> Value:
        earlier = before if isinstance(before, list) else []
        if item.kind != "object":
            ordered = path in self.resource.traits.lists or not all(isinstance(part, str) for part in values)
            return list(values) if ordered else sorted(values)
        if path in self.resource.traits.sets:
            planned = self._set(item, values, earlier, path, volatile=volatile)
        else:
            planned = [
                self._value(item, value, earlier[index] if index < len(earlier) else None, path, volatile=volatile)
                for index, value in enumerate(values)
            ]
        holds_secrets = any(secret.startswith(f"{path}.") for secret in self.resource.traits.secrets)
        # A secret in an element makes the whole set secret: its elements have no stable position.
        return Secret(planned) if holds_secrets and not self.explicit_nulls else planned

    def _set(
        self, item: PropertyType, values: list[Value], earlier: list[Value], path: str, *, volatile: bool
    ) -> list[Value]:
        """Plan a set of objects: those that are there already, in their order, and then the new ones."""
        kept = [element for element in earlier if any(agrees(value, element) for value in values)]
        new = [value for value in values if not any(agrees(value, element) for element in earlier)]
        return kept + [self._value(item, value, None, path, volatile=volatile) for value in new]


def agrees(value: Value, element: Value) -> bool:
    """Return whether everything given in a set's element stands in an element of the state."""
    given, known = reveal(value), reveal(element)
    if not isinstance(given, dict) or not isinstance(known, dict):
        return bool(given == known)
    return all(
        known.get(name) == part or (isinstance(part, list) and sorted(map(str, part)) == known.get(name))
        for name, part in given.items()
        if part is not None
    )
