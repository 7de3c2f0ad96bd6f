"""Turns the engine's property structs into plain values and back.

Plain values are JSON with two more things in it: `Secret` around a secret, and `UNKNOWN` for what is not
known before an update. Assets and resource references stay the signed objects they are on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from google.protobuf import struct_pb2

from ..account import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Value]


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

# Published constants of Pulumi's property encoding.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string, and what an unknown of no known type is
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return the plain values of a property struct."""
    return {name: _decode(value) for name, value in struct.fields.items()}


def encode(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Return the property struct of plain values."""
    struct = struct_pb2.Struct()
    fields = struct.fields
    for name, value in properties.items():
        _encode(value, fields[name])
    return struct


def is_signed(value: Value) -> bool:
    """Return whether a value is an asset, an archive or a resource reference."""
    return isinstance(value, dict) and _SIGNATURE in value


def reveal(value: Value) -> Value:
    """Return a value without the `Secret` marks in it."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {name: reveal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def _decode(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        return value.number_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        items = {name: _decode(item) for name, item in value.struct_value.fields.items()}
        signature = items.get(_SIGNATURE)
        if signature == _SECRET:
            return Secret(items.get("value"))
        if signature == _OUTPUT:
            inner = items.get("value", UNKNOWN)
            return Secret(inner) if items.get("secret") else inner
        return items
    return None


def _encode(value: Value, target: struct_pb2.Value) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN_STRING
    elif isinstance(value, Secret):
        fields = target.struct_value.fields
        fields[_SIGNATURE].string_value = _SECRET
        _encode(value.value, fields["value"])
    elif isinstance(value, dict):
        # Reading the field sets it, which an empty object needs.
        target.struct_value.SetInParent()
        fields = target.struct_value.fields
        for name, item in value.items():
            _encode(item, fields[name])
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _encode(item, target.list_value.values.add())
    else:
        raise TypeError(f"a value of type {type(value).__name__} has no property encoding")
