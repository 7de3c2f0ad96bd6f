"""Settles a plan: gives the values that the API would decide."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING

from ..account import Account, AccountObject, Secret
from .wire import UNKNOWN, Properties, Value, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schema.model import Property, PropertyType, ResourceType

_PLACE = re.compile(r"\{([\w.]+)\}")
_HEX = re.compile(r"hex(\d+)")


class Settlement:
    """Decides the computed values of one object.

    Args:
        resource: the object's type.
        planned: its planned outputs; every `UNKNOWN` in them is replaced.
        names: what templates may name beside the object's own properties, e.g. ``team`` and ``owner``.
        parent: the object it lives below, or None.
        account: where running numbers come from.
        explicit_nulls: whether nested booleans that are not given come back as false, as GitHub's do.
    """

    def __init__(
        self,
        resource: ResourceType,
        planned: Properties,
        names: Mapping[str, str],
        parent: AccountObject | None,
        account: Account,
        *,
        explicit_nulls: bool,
    ) -> None:
        self._resource = resource
        self._planned = planned
        self._names = names
        self._parent = parent
        self._account = account
        self._explicit_nulls = explicit_nulls
        self._settled: Properties = {}
        self._number: int | None = None

    def outputs(self) -> Properties:
        """Return the outputs, `id` among them, without any `UNKNOWN`."""
        outputs: Properties = {}
        for name in self._planned:
            value = self._output(name)
            if value is not None or self._explicit_nulls:
                outputs[name] = value
        return outputs

    def expand(self, template: str) -> list[str]:
        """Return a claim's template filled in, once per element of a ``{name[]}`` in it."""
        for name in re.findall(r"\{(\w+)\[\]\}", template):
            elements = reveal(self._output(name)) or []
            filled = [template.replace(f"{{{name}[]}}", str(element)) for element in elements]
            return [self._fill(text) for text in filled]
        return [self._fill(template)]

    def _output(self, name: str) -> Value:
        if name not in self._settled:
            planned = self._planned.get(name)
            field = self._resource.outputs.get(name)
            if name == "id":
                self._settled[name] = self._id() if planned is UNKNOWN else planned
            elif field is None:
                self._settled[name] = reveal(planned)
            else:
                self._settled[name] = self._value(field.type, planned, name)
        return self._settled[name]

    def _id(self) -> str:
        return self._fill(self._resource.traits.id or "{hex24}")

    def _value(self, kind: PropertyType, value: Value, path: str) -> Value:
        if isinstance(value, Secret):
            inner = self._value(kind, value.value, path)
            return None if inner is None and not self._explicit_nulls else Secret(inner)
        if value is UNKNOWN:
            return self._decide(kind, path)
        if value is None and path in self._resource.traits.zeroed:
            return False if kind.kind == "boolean" else ""
        if kind.kind == "object" and isinstance(value, dict) and kind.fields:
            return self._object(kind.fields, value, path)
        if kind.kind == "array" and isinstance(value, list) and kind.item is not None:
            return [self._value(kind.item, item, path) for item in value]
        return value

    def _object(self, fields: Mapping[str, Property], value: Mapping[str, Value], path: str) -> Properties:
        settled: Properties = {}
        for name, item in value.items():
            field = fields.get(name)
            if field is None:
                settled[name] = item
                continue
            decided = self._value(field.type, item, f"{path}.{name}")
            if decided is None and self._explicit_nulls and field.type.kind == "boolean":
                decided = False
            if decided is not None or self._explicit_nulls:
                settled[name] = decided
        return settled

    def _decide(self, kind: PropertyType, path: str) -> Value:
        settled = self._resource.traits.settled
        if path in settled:
            return self._made(kind, settled[path])
        if path in self._resource.inputs and kind.kind in ("array", "map", "object"):
            return [] if kind.kind == "array" else None
        return self._made(kind, _likely(kind, path.rpartition(".")[2]))

    def _made(self, kind: PropertyType, value: Value) -> Value:
        if isinstance(value, str):
            text = self._fill(value)
            if kind.kind == "boolean":
                return text == "true"
            if kind.kind in ("integer", "number"):
                return float(text) if text.isdecimal() else 0.0
            return text
        if isinstance(value, list):
            return [self._made(kind.item or kind, item) for item in value]
        if isinstance(value, dict):
            return {
                name: self._made(kind.fields[name].type if kind.fields else kind, item) for name, item in value.items()
            }
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value

    def _fill(self, template: str) -> str:
        return _PLACE.sub(lambda match: self._word(match[1]), template)

    def _word(self, name: str) -> str:
        random = _HEX.fullmatch(name)
        if random:
            digits = int(random[1])
            return secrets.token_hex((digits + 1) // 2)[:digits]
        if name in self._names:
            return self._names[name]
        if name == "number":
            if self._number is None:
                self._number = self._account.next_number("number")
            return str(self._number)
        if name == "now":
            return time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime())
        if name == "nowMs":
            return str(int(time.time() * 1000))
        if name == "slug":
            source = str(reveal(self._output("name")) or "sandbox")
            return re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")
        if name == "privateOfVisibility":
            return str(self._output("visibility") != "public").lower()
        if name == "visibilityOfPrivate":
            return "private" if self._planned.get("private") is True else "public"
        if name == "apex":
            return ".".join(str(self._output("domain")).split(".")[-2:])
        if name.startswith("parent."):
            value = self._parent.properties.get(name.removeprefix("parent.")) if self._parent else None
        else:
            value = reveal(self._output(name))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else str(value)


def _likely(kind: PropertyType, name: str) -> Value:
    """Return what a computed value of a type without a reviewed trait may look like."""
    if kind.kind == "boolean":
        return False
    if kind.kind in ("integer", "number"):
        if name.endswith("At"):
            return "{nowMs}"
        return "{number}" if name.lower().endswith(("id", "number")) else 0.0
    if kind.kind == "array":
        return []
    if kind.kind != "string":
        return None
    if name.endswith("At"):
        return "{now}"
    if name.lower().endswith(("id", "secret", "token", "key")):
        return "{hex24}"
    return "https://sandbox.example/{hex12}" if name.lower().endswith("url") else ""
