"""What becomes of the engine's marks, also of those that a program has put together by itself."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from policies.judge.values import UNKNOWN, Opaque, Raw, Secret
from policies.judge.wire import REDACTED, decode, encode

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def sent(properties: dict[str, object]) -> Struct:
    return ParseDict(properties, Struct())


@pytest.mark.parametrize(
    ("marked", "decoded"),
    [
        ({SIGNATURE: SECRET, "value": "x"}, Secret("x")),
        ({SIGNATURE: SECRET}, Opaque("a secret without a value")),
        ({SIGNATURE: OUTPUT, "value": "x"}, "x"),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": True}, Secret("x")),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": False}, "x"),
        ({SIGNATURE: OUTPUT, "secret": True}, Secret(UNKNOWN)),
        (
            {SIGNATURE: OUTPUT, "value": "x", "secret": "true"},
            Opaque("an output that does not say whether it is secret"),
        ),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": 1}, Opaque("an output that does not say whether it is secret")),
        ({SIGNATURE: OUTPUT, "value": "x", "secret": None}, Opaque("an output that does not say whether it is secret")),
        ({SIGNATURE: "0"}, Opaque("a marker of the engine that this pack does not know")),
        ({SIGNATURE: 1.0}, Opaque("a marker of the engine that this pack does not know")),
    ],
)
def test_a_mark(marked: dict[str, object], decoded: Raw) -> None:
    assert decode(sent({"value": marked})) == {"value": decoded}


def test_only_the_bookkeeping_of_the_provider_bridge_is_left_out() -> None:
    hidden = {SIGNATURE: SECRET, "value": "x"}
    properties: dict[str, object] = {
        "__defaults": ["name"],
        "__internal": {"a": "b"},
        "meta": {"__defaults": [], "__internal": hidden, "owner": "shop"},
        "labels": {"__defaults": hidden},
    }
    assert decode(sent(properties)) == {
        "meta": {"__internal": Secret("x"), "owner": "shop"},
        "labels": {"__defaults": Secret("x")},
    }


def test_in_stored_state_only_a_marked_value_can_be_one_that_is_not_shown() -> None:
    tree: dict[str, Raw] = {"hidden": Secret(REDACTED), "twice": Secret(Secret(REDACTED)), "plain": REDACTED}
    assert decode(encode(tree), stored=True) == {
        "hidden": Secret(UNKNOWN),
        "twice": Secret(Secret(UNKNOWN)),
        "plain": REDACTED,
    }
    assert decode(encode(tree)) == tree
    later = Opaque("a value that was not known when it was stored")
    assert decode(encode({"later": UNKNOWN, "all": [UNKNOWN]}), stored=True) == {"later": later, "all": [later]}
