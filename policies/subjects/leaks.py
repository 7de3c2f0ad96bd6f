"""Secrets in the properties of a resource that are stored or shown in plain, found by the engine's marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from ..judge.resources import Resource
from ..judge.values import UNKNOWN, Malformed, Opaque, Raw, Secret, Undetermined, secret_texts
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

_SHORTEST_SECRET: Final = 8
"""Secrets shorter than this stand in ordinary words by chance."""


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
        for found in _reached(properties, steps, "", _UNMARKED):
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


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the marks further out say of a value.

    Attributes:
        whole: whether one speaks of all of it.
        hidden: the secrets that are marked by themselves inside of one that does not.
    """

    whole: bool = False
    hidden: tuple[str, ...] = ()

    def within(self, raw: Secret) -> tuple[Raw, _Mark]:
        """What a mark is around, and what that says of it.

        A program that computes a list from one secret gets a list that is marked as a whole. Where the provider's
        schema has marked the secret in it as well, that is the secret, and the words around it are not, unless they
        repeat it.
        """
        within = raw.value
        while isinstance(within, Secret):
            within = within.value
        if self.whole or not _holds_marks(within):
            return within, _Mark(whole=True)
        return within, _Mark(hidden=tuple(text for text in secret_texts(within) if len(text) >= _SHORTEST_SECRET))

    def speaks_of(self, raw: Raw) -> bool:
        """Whether a value at the end of a path is a secret, or holds one."""
        return self.whole or (isinstance(raw, str) and any(secret in raw for secret in self.hidden))


_UNMARKED: Final = _Mark()


def _reached(raw: Raw, steps: tuple[str, ...], path: str, mark: _Mark) -> Iterator[str | Undetermined | Malformed]:
    """Paths of secrets at the end of the steps."""
    if isinstance(raw, Secret):
        raw, mark = mark.within(raw)
    if raw is None:
        return
    if raw is UNKNOWN:
        # A mark around a whole object may be there for the sake of another of its values.
        yield path if mark.whole and _ANYTHING.issuperset(steps) else Undetermined(path)
    elif isinstance(raw, Opaque):
        yield Malformed(path, f"readable ({raw.kind})")
    elif steps == ("**",) or not steps:
        yield from _read(raw, path, mark, anything=bool(steps))
    elif steps[0] == "[]":
        if not isinstance(raw, list):
            yield Malformed(path, "a list")
            return
        for index, each in enumerate(raw):
            yield from _reached(each, steps[1:], f"{path}[{index}]", mark)
    elif not isinstance(raw, dict):
        yield Malformed(path, "an object")
    elif steps[0] == "*":
        if mark.whole and raw:
            yield path  # its keys are part of what is marked, so that none is quoted
            return
        for key in raw:
            yield from _reached(raw.get(key), steps[1:], f"{path}.{key}", mark)
    else:
        yield from _reached(raw.get(steps[0]), steps[1:], f"{path}.{steps[0]}".lstrip("."), mark)


def _read(raw: Raw, path: str, mark: _Mark, *, anything: bool) -> Iterator[str | Undetermined | Malformed]:
    if mark.speaks_of(raw):
        yield path
    elif not anything:
        if not isinstance(raw, str):
            yield Malformed(path, "a string")
    elif isinstance(raw, dict):
        for key in raw:
            yield from _reached(raw.get(key), ("**",), f"{path}.{key}", mark)
    elif isinstance(raw, list):
        for index, each in enumerate(raw):
            yield from _reached(each, ("**",), f"{path}[{index}]", mark)


def _holds_marks(raw: Raw) -> bool:
    inside = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return any(isinstance(each, Secret) or _holds_marks(each) for each in inside)
