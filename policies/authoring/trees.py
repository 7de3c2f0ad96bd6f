"""Property trees, changed and watched: the steps of a path, a tree with one value replaced, and what a check reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from ..judge.values import Raw, Secret

Steps: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of objects and indexes of lists."""

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def steps(path: str) -> Steps:
    """The steps of a path as messages write it, e.g. `variables[0].value`.

    Raises:
        KeyError: it is no such path.
    """
    found: list[str | int] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise KeyError(f"{path!r} is no property path")
        found.append(step[2] if step[1] is None else int(step[1]))
        at = step.end()
    return tuple(found)


def path(way: Steps) -> str:
    """The path as messages write it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")


def put(raw: Raw, way: Steps, value: Raw) -> Raw:
    """The tree with another value at the end of a way. None takes a property away; missing objects are made.

    Raises:
        KeyError: the way leads through something that has no such element.
    """
    if not way:
        return value
    if isinstance(raw, Secret):
        return Secret(put(raw.value, way, value))
    step, rest = way[0], way[1:]
    if isinstance(step, str) and (raw is None or isinstance(raw, dict)):
        inside = dict(raw or {})
        inside[step] = put(inside.get(step), rest, value)
        return {key: each for key, each in inside.items() if each is not None}
    if isinstance(step, int) and isinstance(raw, list) and step < len(raw):
        return [put(each, rest, value) if at == step else each for at, each in enumerate(raw)]
    raise KeyError(f"there is nothing at {step!r}")


def watched(raw: dict[str, Raw], read: Callable[[Steps], None]) -> dict[str, Raw]:
    """The same tree, telling the way to every property that is asked for, there or not."""
    return _WatchedObject({key: _watched(each, (key,), read) for key, each in raw.items()}, (), read)


def _watched(raw: Raw, way: Steps, read: Callable[[Steps], None]) -> Raw:
    if isinstance(raw, Secret):
        return Secret(_watched(raw.value, way, read))
    if isinstance(raw, list):
        return [_watched(each, (*way, at), read) for at, each in enumerate(raw)]
    if isinstance(raw, dict):
        return _WatchedObject({key: _watched(each, (*way, key), read) for key, each in raw.items()}, way, read)
    return raw


class _WatchedObject(dict[str, Raw]):
    def __init__(self, inside: dict[str, Raw], way: Steps, read: Callable[[Steps], None]) -> None:
        super().__init__(inside)
        self._way = way
        self._read = read

    def get(self, key: str, default: Raw = None) -> Raw:  # type: ignore[override]  # `Value` reads with nothing else
        self._read((*self._way, key))
        return super().get(key, default)
