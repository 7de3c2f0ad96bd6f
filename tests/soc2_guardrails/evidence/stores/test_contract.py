"""What every kind of store has to do, whatever it keeps its content in."""

from __future__ import annotations

import pytest

from soc2_guardrails.evidence.stores import Store, StoreError, TakenError
from tests.soc2_guardrails.evidence.stores.asked_for import AskedFor

BYTES = bytes(range(256)) + b"\r\n\x00\n" + "ü".encode()


def test_what_was_created_is_read_byte_by_byte_by_whoever_opens_the_store(asked_for: AskedFor) -> None:
    asked_for.opened().create("shop/prod/updates/000000001.json", BYTES)
    asked_for.opened().create("shop/prod/updates/000000002.json", b"")

    assert asked_for.opened().read("shop/prod/updates/000000001.json") == BYTES
    assert asked_for.opened().read("shop/prod/updates/000000002.json") == b""


def test_a_taken_name_keeps_its_content(store: Store) -> None:
    store.create("shop/1.json", b"first")
    for content in (b"second", b"first"):
        with pytest.raises(TakenError, match=r"shop/1\.json"):
            store.create("shop/1.json", content)

    assert store.read("shop/1.json") == b"first"


def test_a_head_is_made_and_moved(store: Store) -> None:
    store.replace("shop/head.json", b"one")
    store.replace("shop/head.json", b"two")
    store.replace("shop/head.json", b"two")

    assert store.read("shop/head.json") == b"two"
    with pytest.raises(TakenError):
        store.create("shop/head.json", b"three")


def test_an_empty_store_has_nothing_and_is_no_error(store: Store) -> None:
    assert store.read("shop/1.json") is None
    assert list(store.entries("shop")) == []
    assert store.names() == []
    assert store.names("shop") == []


def test_what_is_missing_is_none(store: Store) -> None:
    store.create("shop/prod/1.json", b"x")

    assert store.read("shop/prod/2.json") is None
    assert store.read("shop/prod") is None
    assert store.read("shop/prod/1.json/more") is None
    assert list(store.entries("shop/dev")) == []
    assert list(store.entries("shop/prod/1.json")) == []
    assert store.names("sho") == []


def test_entries_are_those_directly_below_in_the_order_of_their_names(store: Store) -> None:
    for leaf in ("000000010.json", "head.json", "000000002.json", "000000001.json", "A.json", "z-1", "z.1", "z_1"):
        store.create(f"shop/prod/{leaf}", leaf.encode())
    store.create("shop/prod/deeper/000000003.json", b"not this one")
    store.create("shop/production/000000004.json", b"nor this one")

    found = list(store.entries("shop/prod"))

    leaves = [name.removeprefix("shop/prod/") for name, _ in found]
    assert leaves == sorted(leaves)
    assert len(leaves) == 8
    assert [content.decode() for _, content in found] == leaves


def test_names_are_all_below_at_any_depth_in_order(store: Store) -> None:
    given = ["b/c/1.json", "b/1.json", "b.json", "b-c/1.json", "a/b/c/d/1.json"]
    for name in given:
        store.create(name, b"x")

    assert store.names() == sorted(given)
    assert store.names("b") == ["b/1.json", "b/c/1.json"]
    assert store.names("a/b") == ["a/b/c/d/1.json"]


_NO_NAMES = (
    "/etc/passwd",
    "../up",
    "a/../up",
    "a//b",
    "a/",
    "a/./b",
    "a\\b",
    "a b",
    "a\n",
    "ä",
    "a/.git/b",
    "~x",
    "a:b",
)


@pytest.mark.parametrize("name", ["", *_NO_NAMES])
def test_nothing_gets_or_has_a_name_that_leads_elsewhere(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be a name"):
        store.create(name, b"x")
    with pytest.raises(StoreError, match="cannot be a name"):
        store.replace(name, b"x")
    with pytest.raises(StoreError, match="cannot be a name"):
        store.read(name)


@pytest.mark.parametrize("folder", _NO_NAMES)
def test_no_folder_leads_elsewhere(store: Store, folder: str) -> None:
    with pytest.raises(StoreError, match="cannot be a name"):
        list(store.entries(folder))
    with pytest.raises(StoreError, match="cannot be a name"):
        store.names(folder)
