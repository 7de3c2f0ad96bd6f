"""Diff: what an update would change, and whether it needs a new object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .wire import UNKNOWN, Properties, Value, reveal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..schema.model import ResourceType

Kind: TypeAlias = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    """One changed property.

    Attributes:
        path: where, as the engine writes paths.
        kind: what happens to it.
        replaces: whether it needs a new object.
    """

    path: str
    kind: Kind
    replaces: bool


def changes(resource: ResourceType, planned: Properties, state: Properties) -> list[Change]:
    """Return what differs between planned outputs and the state, of what a program can set.

    A property of which one input is a number of spellings of "nothing" (null, false, 0, "", []) is the same.
    """
    found = []
    for name in resource.inputs:
        if name in resource.traits.transient:
            continue
        replaces = name in resource.traits.replaces
        for path, kind in _walk(reveal(planned.get(name)), reveal(state.get(name)), name):
            found.append(Change(path, kind, replaces))
    return found


def _walk(new: Value, old: Value, path: str) -> Iterator[tuple[str, Kind]]:
    if new == old or (_is_nothing(new) and _is_nothing(old)):
        return
    if new is UNKNOWN:
        yield path, "add" if old is None else "update"
    elif isinstance(new, dict) and isinstance(old, dict):
        for name in [*new, *(name for name in old if name not in new)]:
            yield from _walk(new.get(name), old.get(name), f"{path}.{name}")
    elif isinstance(new, list) and isinstance(old, list):
        for index in range(max(len(new), len(old))):
            place = f"{path}[{index}]"
            if index >= len(old):
                yield place, "add"
            elif index >= len(new):
                yield place, "delete"
            else:
                yield from _walk(new[index], old[index], place)
    elif old is None:
        yield path, "add"
    elif new is None:
        yield path, "delete"
    else:
        yield path, "update"


def _is_nothing(value: Value) -> bool:
    return value is None or value is False or value in (0, "", [], {})
