"""Check: refuses inputs that the schema does not allow, fills in defaults, marks secrets, makes names."""

from __future__ import annotations

import difflib
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..account import Secret
from .wire import UNKNOWN, Properties, Value, is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schema.model import Property, PropertyType, ResourceType

# Where the bridged providers record which inputs they filled in.
DEFAULTS_KEY = "__defaults"

_SUFFIX_DIGITS = 7
_JSON_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int, float),
}


@dataclass(frozen=True)
class Refusal:
    """Why a property is refused.

    Attributes:
        path: the property, as the engine writes paths, e.g. ``rules[0].action``.
        reason: one sentence for the user.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Naming:
    """How the engine wants a missing `name` to be filled in.

    Attributes:
        resource: the resource's name in the program.
        seed: bytes that make the random part the same at preview and update; may be empty.
        proposed: a name to use as it is, or None.
        allowed: whether a name may be made up at all.
    """

    resource: str
    seed: bytes = b""
    proposed: str | None = None
    allowed: bool = True


def check(
    resource: ResourceType,
    inputs: Properties,
    earlier: Mapping[str, Value],
    naming: Naming,
    *,
    fills_defaults: bool,
) -> tuple[Properties, list[Refusal]]:
    """Check the inputs of a resource.

    Args:
        resource: its type.
        inputs: what the program gives.
        earlier: the checked inputs of the run before; empty for a new resource.
        naming: how to fill in a missing name.
        fills_defaults: whether schema defaults appear here, as GitHub's do, or only in the plan.

    Returns:
        The inputs the engine goes on with, and the refusals; the former count only without the latter.
    """
    checker = _Checker(resource, fills_defaults=fills_defaults)
    checked = checker.object(resource.inputs, inputs, "", "")
    for name, reason in resource.traits.required.items():
        if name not in checked:
            checker.refusals.append(Refusal(name, f"missing property {name!r} of {resource.name}: {reason}"))
    if _is_autonamed(resource) and "name" not in checked:
        kept = earlier.get("name") if "name" in earlier.get(DEFAULTS_KEY, ()) else None
        if kept is None and not naming.allowed:
            checker.refusals.append(Refusal("name", f"missing property 'name' of {resource.name}"))
        else:
            checked["name"] = kept or naming.proposed or _autoname(naming)
            checked.setdefault(DEFAULTS_KEY, []).append("name")
    return checked, checker.refusals


def check_configuration(properties: Mapping[str, Property], inputs: Mapping[str, Value], package: str) -> list[Refusal]:
    """Return the refusals of a provider's own configuration: only the names are looked at.

    Values are not: the SDK sends nested and numeric configuration as JSON text.
    """
    engine_keys = {"version", "pluginDownloadURL"}
    return [
        Refusal(name, _unknown_property(name, properties, f"the {package} provider"))
        for name in inputs
        if name not in properties and name not in engine_keys and not name.startswith("__")
    ]


class _Checker:
    def __init__(self, resource: ResourceType, *, fills_defaults: bool) -> None:
        self.refusals: list[Refusal] = []
        self._resource = resource
        self._fills_defaults = fills_defaults

    def object(self, fields: Mapping[str, Property], given: Properties, path: str, shown: str) -> Properties:
        """Check one object; `path` leaves list positions out, `shown` has them."""
        where = f"{self._resource.name}.{shown}" if shown else self._resource.name
        checked: Properties = {}
        for name, value in given.items():
            if value is None or name == DEFAULTS_KEY:
                continue
            place = f"{shown}.{name}" if shown else name
            if name not in fields:
                self.refusals.append(Refusal(place, _unknown_property(name, fields, where)))
                continue
            checked[name] = self._value(fields[name].type, value, f"{path}.{name}" if path else name, place)
        for name, field in fields.items():
            if field.required and name not in checked:
                place = f"{shown}.{name}" if shown else name
                self.refusals.append(Refusal(place, f"missing property {name!r} of {where}: it is required"))
        if self._fills_defaults:
            checked[DEFAULTS_KEY] = self._fill_in(fields, checked, path)
        return checked

    def _fill_in(self, fields: Mapping[str, Property], checked: Properties, path: str) -> list[str]:
        filled = []
        for default_path, default in self._resource.traits.defaults.items():
            parent, _, name = default_path.rpartition(".")
            # The bridge shows a default of false, 0 or "" only in the plan.
            if parent == path and name in fields and name not in checked and default:
                checked[name] = default
                filled.append(name)
        return filled

    def _value(self, kind: PropertyType, value: Value, path: str, shown: str) -> Value:
        if isinstance(value, Secret):
            inner = self._value(kind, value.value, path, shown)
            return inner if isinstance(inner, Secret) else Secret(inner)
        checked = self._typed(kind, value, path, shown)
        traits = self._resource.traits
        is_secret = path in traits.secrets or path in self._resource.secrets or path in traits.transient
        return Secret(checked) if is_secret else checked

    def _typed(self, kind: PropertyType, value: Value, path: str, shown: str) -> Value:
        if value is UNKNOWN or kind.kind in ("any", "asset") or is_signed(value):
            return value
        if kind.kind == "object" and isinstance(value, dict):
            return self.object(kind.fields or {}, value, path, shown)
        if kind.kind == "map" and isinstance(value, dict):
            item = kind.item or kind
            return {key: self._value(item, part, path, f"{shown}.{key}") for key, part in value.items()}
        if kind.kind == "array" and isinstance(value, list):
            item = kind.item or kind
            return [self._value(item, part, path, f"{shown}[{index}]") for index, part in enumerate(value)]
        fits = isinstance(value, _JSON_KINDS.get(kind.kind, ()))
        if fits and kind.kind in ("number", "integer"):
            fits = not isinstance(value, bool) and (kind.kind == "number" or value == int(value))
        if not fits:
            self.refusals.append(
                Refusal(shown, f"{self._resource.name}.{shown} must be {_a(kind)}, not {_a_value(value)}")
            )
        return value


def _unknown_property(name: str, known: Mapping[str, Property], where: str) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    mend = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(sorted(known)) or 'no properties'}"
    return f"unknown property {name!r} of {where}; {mend}"


def _a(kind: PropertyType) -> str:
    article = "an" if kind.kind[0] in "aeiou" else "a"
    return f"{article} {kind.kind}"


def _a_value(value: Value) -> str:
    # Only the type is named: the value may be a secret that was passed by mistake.
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return {"str": "a string", "list": "an array", "dict": "an object"}.get(type(value).__name__, "that")


def _is_autonamed(resource: ResourceType) -> bool:
    """Return whether the bridge makes up a missing name: it does for every optional input `name`."""
    given, present = resource.inputs.get("name"), resource.outputs.get("name")
    return given is not None and present is not None and not given.required and present.required


def _autoname(naming: Naming) -> str:
    digest = hashlib.sha256(naming.seed).hexdigest() if naming.seed else secrets.token_hex(_SUFFIX_DIGITS)
    return f"{naming.resource}-{digest[:_SUFFIX_DIGITS]}"
