"""The engine's form of property values, decoded to the tree of `values` and back.

The markers are those of the Pulumi protocol (`pulumi.runtime.rpc` names them too): unknown values are sentinel
strings, secrets and other rich values are objects with a signature under a reserved key.
"""

from __future__ import annotations

from typing import Final

from google.protobuf.struct_pb2 import ListValue, Struct
from google.protobuf.struct_pb2 import Value as WireValue

from .values import UNKNOWN, Opaque, Raw, Secret

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's public marker, not a credential
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_OPAQUE = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "5cf8f73096256a8f31e491e813e4eb8e": "a resource reference",
}
_SIGNATURES = {kind: signature for signature, kind in _OPAQUE.items()}
REDACTED: Final = "[secret]"
"""What the engine sends, inside the mark of a secret, for one of stored state that it cannot decrypt."""

_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_DEFAULTS = "__defaults"
"""Where the provider bridge lists which properties it filled in, in every object."""
_INTERNAL = "__internal"
"""Where it keeps more of its own, at the top only; deeper down it is somebody's key like any other."""


def decode(properties: Struct, *, stored: bool = False) -> dict[str, Raw]:
    """Decodes the properties of one resource.

    Args:
        properties: as the engine sends them.
        stored: whether they come from stored state. Only there `[secret]`, inside the mark of a secret, stands for a
            value that cannot be shown; a program can write the same text, and everywhere else it is that text. In turn
            nothing of stored state can be known later: what claims to be is nothing that a rule can look into.
    """
    tree = {key: value for key, value in _decode_fields(properties).items() if key != _INTERNAL}
    return {key: _stored(value) for key, value in tree.items()} if stored else tree


def _decode(wire: WireValue) -> Raw:
    kind = wire.WhichOneof("kind")
    if kind == "string_value":
        text = wire.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "bool_value":
        return wire.bool_value
    if kind == "number_value":
        return wire.number_value
    if kind == "list_value":
        return [_decode(item) for item in wire.list_value.values]
    if kind == "struct_value":
        fields = wire.struct_value.fields
        if _SIGNATURE in fields:
            return _decode_marked(wire.struct_value)
        return _decode_fields(wire.struct_value)
    return None


def _decode_fields(properties: Struct) -> dict[str, Raw]:
    tree = {key: _decode(value) for key, value in properties.fields.items()}
    if isinstance(tree.get(_DEFAULTS), list):
        del tree[_DEFAULTS]
    return tree


def _stored(raw: Raw) -> Raw:
    if raw is UNKNOWN:
        return Opaque("a value that was not known when it was stored")
    if isinstance(raw, Secret):
        return Secret(UNKNOWN if raw.value == REDACTED else _stored(raw.value))
    if isinstance(raw, list):
        return [_stored(item) for item in raw]
    return {key: _stored(value) for key, value in raw.items()} if isinstance(raw, dict) else raw


def _decode_marked(marked: Struct) -> Raw:
    fields = marked.fields
    signature = fields[_SIGNATURE].string_value
    if signature == _SECRET:
        # A secret without a value is a shape the protocol does not have: nothing may be concluded from it.
        return Secret(_decode(fields["value"])) if "value" in fields else Opaque("a secret without a value")
    if signature == _OUTPUT:
        raw: Raw = _decode(fields["value"]) if "value" in fields else UNKNOWN
        secret = _decode(fields["secret"]) if "secret" in fields else False
        if not isinstance(secret, bool):
            return Opaque("an output that does not say whether it is secret")
        return Secret(raw) if secret else raw
    return Opaque(_OPAQUE.get(signature, "a marker of the engine that this pack does not know"))


def within_marks(wire: WireValue) -> WireValue:
    """What the marks of a secret or an output are around, to be changed in place; the value itself without marks."""
    while wire.HasField("struct_value"):
        fields = wire.struct_value.fields  # to ask it for a key that is not there would make the key
        if _SIGNATURE not in fields or fields[_SIGNATURE].string_value not in {_SECRET, _OUTPUT}:
            break
        wire = fields["value"]
    return wire


def encode(properties: dict[str, Raw]) -> Struct:
    """Encodes a tree in the engine's form, for examples and tests.

    Raises:
        TypeError: the tree holds an `Opaque` of a kind that the protocol does not have.
    """
    struct = Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(_encode(value))
    return struct


def _encode(raw: Raw) -> WireValue:
    if raw is None:
        return WireValue(null_value=0)  # type: ignore[arg-type]  # the stub wants the enum, which has one member
    if raw is UNKNOWN:
        return WireValue(string_value=_UNKNOWN_STRING)
    if isinstance(raw, bool):
        return WireValue(bool_value=raw)
    if isinstance(raw, int | float):
        return WireValue(number_value=float(raw))
    if isinstance(raw, str):
        return WireValue(string_value=raw)
    if isinstance(raw, list):
        return WireValue(list_value=ListValue(values=[_encode(item) for item in raw]))
    if isinstance(raw, Secret):
        return WireValue(struct_value=encode({_SIGNATURE: _SECRET, "value": raw.value}))
    if isinstance(raw, dict):
        return WireValue(struct_value=encode(raw))
    if raw.kind in _SIGNATURES:
        return WireValue(struct_value=encode({_SIGNATURE: _SIGNATURES[raw.kind]}))
    raise TypeError(f"{raw.kind} cannot be encoded")
