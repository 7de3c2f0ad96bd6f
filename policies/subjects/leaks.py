"""Secrets in the properties of a resource that are stored or shown in plain, found by the engine's marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from ..judge.resources import Resource
from ..judge.values import UNKNOWN, Malformed, Opaque, Raw, Secret, Undetermined
from .plain_sinks import SINKS, Sink


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret in a sink.

    Attributes:
        path: the marked value, or what holds it where that is marked as a whole.
        sink: where it flowed to.
    """

    path: str
    sink: Sink


_ANYTHING: Final = frozenset({"[]", "*", "**"})
"""The steps of a path that name no property."""


def leaks(resource: Resource) -> Iterator[Leak | Undetermined | Malformed]:
    """What the engine marked as secret in the sinks of a resource, and which sinks could not be read.

    Undetermined stands for a value that cannot be read and is not marked itself: a secret may be in it. Malformed
    stands for another shape than the provider's schema has.
    """
    properties = resource.properties.raw()
    for path, sink in SINKS[resource.type].items():
        steps = _steps(path)
        if _nothing_or_plain(properties, steps):
            continue
        for found in _reached(properties, steps, "", marked=False):
            yield Leak(found, sink) if isinstance(found, str) else found


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))


def _nothing_or_plain(raw: Raw, steps: tuple[str, ...]) -> bool:
    """Whether it is plain to see that no secret is there. That is how it is most often, and no path has to be told."""
    for step in steps:
        if raw is None:
            return True
        if step in _ANYTHING or not isinstance(raw, dict):
            return False
        raw = raw.get(step)
    return raw is None or isinstance(raw, str)


def _reached(raw: Raw, steps: tuple[str, ...], path: str, *, marked: bool) -> Iterator[str | Undetermined | Malformed]:
    """Paths of secrets at the end of the steps; `marked` says whether a mark further out speaks of this value."""
    if isinstance(raw, Secret):
        raw, marked = _unmarked(raw, marked=marked)
    if raw is None:
        return
    if raw is UNKNOWN:
        # A mark around a whole object may be there for the sake of another of its values.
        yield path if marked and _ANYTHING.issuperset(steps) else Undetermined(path)
    elif isinstance(raw, Opaque):
        yield Malformed(path, f"readable ({raw.kind})")
    elif steps == ("**",) or not steps:
        yield from _read(raw, path, anything=bool(steps), marked=marked)
    elif steps[0] == "[]":
        if not isinstance(raw, list):
            yield Malformed(path, "a list")
            return
        for index, each in enumerate(raw):
            yield from _reached(each, steps[1:], f"{path}[{index}]", marked=marked)
    elif not isinstance(raw, dict):
        yield Malformed(path, "an object")
    elif steps[0] == "*":
        if marked and raw:
            yield path  # its keys are part of what is marked, so that none is quoted
            return
        for key in raw:
            yield from _reached(raw.get(key), steps[1:], f"{path}.{key}", marked=False)
    else:
        yield from _reached(raw.get(steps[0]), steps[1:], f"{path}.{steps[0]}".lstrip("."), marked=marked)


def _read(raw: Raw, path: str, *, anything: bool, marked: bool) -> Iterator[str | Undetermined | Malformed]:
    if marked:
        yield path
    elif not anything:
        if not isinstance(raw, str):
            yield Malformed(path, "a string")
    elif isinstance(raw, dict):
        for key in raw:
            yield from _reached(raw.get(key), ("**",), f"{path}.{key}", marked=False)
    elif isinstance(raw, list):
        for index, each in enumerate(raw):
            yield from _reached(each, ("**",), f"{path}[{index}]", marked=False)


def _unmarked(raw: Secret, *, marked: bool) -> tuple[Raw, bool]:
    """What a mark is around, and whether the mark speaks of all of it.

    A program that computes a list from one secret gets a list that is marked as a whole. Where the provider's schema
    has marked the secret in it as well, that is the secret, and the words around it are not.
    """
    within = raw.value
    while isinstance(within, Secret):
        within = within.value
    return within, marked or not _holds_marks(within)


def _holds_marks(raw: Raw) -> bool:
    inside = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return any(isinstance(each, Secret) or _holds_marks(each) for each in inside)
