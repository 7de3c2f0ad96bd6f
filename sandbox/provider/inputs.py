"""Rebuilds inputs from outputs, for refresh and import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..account import Secret
from .check import DEFAULTS_KEY
from .plan import agrees
from .wire import Properties, Value, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schema.model import Property, ResourceType
    from ..schema.traits import Traits

# Parts of a template that no program would write down.
_MADE = re.compile(r"\{(hex\d+|now|nowMs|number|id|team|teamSlug|owner|parent\..*)\}")


def refreshed(earlier: Properties, outputs: Properties) -> Properties:
    """Return the inputs of the run before with the values they have now; what is gone is left out."""
    inputs: Properties = {}
    for name, value in earlier.items():
        if name == DEFAULTS_KEY:
            inputs[name] = value
        elif outputs.get(name) is not None:
            inputs[name] = _follow(value, outputs[name])
        elif name not in outputs and _is_transient(value):
            inputs[name] = value
    return inputs


def imported(resource: ResourceType, outputs: Properties, *, fills_defaults: bool) -> Properties:
    """Return the inputs that would declare an object as it is: without defaults and computed values."""
    inputs = _declared(resource, resource.inputs, outputs, "")
    if fills_defaults:
        inputs[DEFAULTS_KEY] = []
    return inputs


def _is_transient(value: Value) -> bool:
    # A write-only input stands in no output at all; everything secret that vanished is one.
    return isinstance(value, Secret)


def _follow(earlier: Value, now: Value) -> Value:
    if isinstance(earlier, Secret) or isinstance(now, Secret):
        followed = _follow(
            earlier.value if isinstance(earlier, Secret) else earlier, now.value if isinstance(now, Secret) else now
        )
        # A set of objects is secret as a whole in the outputs, but only its secret fields are in the inputs.
        keeps_marks = isinstance(now, Secret) and isinstance(followed, list) and not isinstance(earlier, Secret)
        return followed if keeps_marks or isinstance(followed, Secret) else Secret(followed)
    if isinstance(earlier, dict) and isinstance(now, dict):
        return {
            name: value if name == DEFAULTS_KEY else _follow(value, now[name])
            for name, value in earlier.items()
            if name == DEFAULTS_KEY or now.get(name) is not None
        }
    if isinstance(earlier, list) and isinstance(now, list):
        if len(earlier) != len(now):
            return now
        if all(isinstance(item, str) for item in (*earlier, *now)):
            # The order of a set is the API's; the program's own order is no change.
            return earlier if sorted(earlier) == sorted(now) else now
        if all(any(agrees(item, element) for element in now) for item in earlier):
            return earlier
        return [_follow(old, new) for old, new in zip(earlier, now, strict=True)]
    return now


def _is_made(traits: Traits, place: str, plain: Value) -> bool:
    """Return whether the API would have decided on this value by itself."""
    if place not in traits.settled:
        return place in traits.computed
    made = traits.settled[place]
    return bool(made == plain) or (isinstance(made, str) and _MADE.search(made) is not None)


def _declared(
    resource: ResourceType, fields: Mapping[str, Property], outputs: Mapping[str, Value], path: str
) -> Properties:
    traits = resource.traits
    declared: Properties = {}
    for name, field in fields.items():
        place = f"{path}.{name}" if path else name
        value = outputs.get(name)
        plain = reveal(value)
        given = field.required or plain not in (None, "", False, [], {}, traits.defaults.get(place))
        if plain is None or not given or (not field.required and _is_made(traits, place, plain)):
            continue
        if field.type.kind == "object" and field.type.fields and isinstance(value, dict):
            value = _declared(resource, field.type.fields, value, place)
        declared[name] = value
    return declared
