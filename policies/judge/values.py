"""Property values that know whether they are known, unknown, secret or absent.

The engine's markers are decoded once into a tree of plain Python (`str`, `float`, `bool`, `None`, `list`, `dict`)
with three markers of our own: `UNKNOWN`, `Secret` and `Opaque`. A rule looks at the tree through `Value`, which
remembers the property path it came from and refuses to answer rather than guess: an unknown value raises
`Undetermined`, a shape the rule did not expect raises `Malformed`. Neither carries the value itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias


class _Unknown(Enum):
    """The single marker for a value that cannot be read.

    At a preview that is one that only the update will know; over stored state, a secret that could not be decrypted.
    """

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine marked as secret; its representation never shows it."""

    value: Raw

    def __repr__(self) -> str:
        return "Secret([secret])"


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something no rule can look into: an asset, an archive, a resource reference, or a marker not known here."""

    kind: str


Raw: TypeAlias = "bool | float | str | list[Raw] | dict[str, Raw] | Secret | Opaque | _Unknown | None"


class Undetermined(Exception):
    """A rule needed a value that cannot be read. Carries the property path only."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is not known yet")
        self.path = path


class Malformed(Exception):
    """A rule met a shape it does not know. Carries the property path and what was expected, never the value."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path} is not {expected}")
        self.path = path
        self.expected = expected


class Value:
    """One property value with its path, e.g. `variables[0].value`.

    Reading is by key, index or iteration; every step keeps absent absent and unknown unknown, so that a chain such as
    `resource["managedRulesets"]["owasp"]["sqli"]["action"]` never raises until it is asked for a plain answer.
    """

    __slots__ = ("_raw", "path", "secret")

    def __init__(self, raw: Raw, path: str = "", *, secret: bool = False) -> None:
        while isinstance(raw, Secret):
            raw, secret = raw.value, True
        self._raw: Raw = raw
        self.path = path
        self.secret = secret

    def __repr__(self) -> str:
        state = "unknown" if self.unknown else "absent" if self.absent else "secret" if self.secret else "known"
        return f"Value({self.path or '.'}: {state})"

    @property
    def unknown(self) -> bool:
        """Whether the value itself cannot be read. Something inside a value that can may still be unknown."""
        return self._raw is UNKNOWN

    @property
    def absent(self) -> bool:
        """Whether the property was not given, or given as null."""
        return self._raw is None

    @property
    def present(self) -> bool:
        """Whether the property was given, known or not."""
        return self._raw is not None

    @property
    def is_list(self) -> bool:
        """Whether the value is a known list, for properties that take one thing or several."""
        return isinstance(self._raw, list)

    @property
    def is_object(self) -> bool:
        """Whether the value is a known object, for properties that take more than one shape."""
        return isinstance(self._raw, dict)

    def __getitem__(self, step: str | int) -> Value:
        """The value of a key or at an index.

        Raises:
            Malformed: the value is there but has no keys (or no elements).
        """
        raw = self._raw
        if isinstance(raw, dict) and isinstance(step, str):
            return Value(raw.get(step), f"{self.path}.{step}" if self.path else step, secret=self.secret)
        if isinstance(step, int):
            path = f"{self.path}[{step}]"
            if raw is UNKNOWN:
                return Value(UNKNOWN, path, secret=self.secret)
            if raw is None:
                return Value(None, path)
            if not isinstance(raw, list):
                raise Malformed(self.path, "a list")
            inside = raw[step] if -len(raw) <= step < len(raw) else None
            return Value(inside, path, secret=self.secret)
        path = f"{self.path}.{step}" if self.path else step
        if raw is UNKNOWN:
            return Value(UNKNOWN, path, secret=self.secret)
        if raw is None:
            return Value(None, path)
        raise Malformed(self.path, "an object")

    def raw(self) -> dict[str, Raw]:
        """The decoded object itself, markers included, for encoding it again.

        Raises:
            Malformed: the value is not an object.
        """
        if not isinstance(self._raw, dict):
            raise Malformed(self.path, "an object")
        return self._raw

    def elements(self) -> list[Value]:
        """The elements of a list, none when it is absent. An element may itself be unknown.

        Raises:
            Undetermined: the list as a whole is unknown.
            Malformed: the value is not a list.
        """
        raw = self._known()
        if raw is None:
            return []
        if not isinstance(raw, list):
            raise Malformed(self.path, "a list")
        return [Value(item, f"{self.path}[{index}]", secret=self.secret) for index, item in enumerate(raw)]

    def entries(self) -> Iterator[tuple[str, Value]]:
        """Keys and values of an object, none when it is absent.

        Raises:
            Undetermined: the object as a whole is unknown.
            Malformed: the value is not an object.
        """
        raw = self._known()
        if raw is None:
            return
        if not isinstance(raw, dict):
            raise Malformed(self.path, "an object")
        for key in raw:
            yield key, self[key]

    def text(self, default: str | None = None) -> str:
        """The string.

        Raises:
            Undetermined: it is unknown.
            Malformed: it is absent without a default, or not a string.
        """
        raw = self._known()
        if raw is None and default is not None:
            return default
        if not isinstance(raw, str):
            raise Malformed(self.path, "a string")
        return raw

    def flag(self, default: bool | None = None) -> bool:
        """The boolean; raises as `text` does."""
        raw = self._known()
        if raw is None and default is not None:
            return default
        if not isinstance(raw, bool):
            raise Malformed(self.path, "true or false")
        return raw

    def number(self, default: float | None = None) -> float:
        """The number (the engine sends every number as a float); raises as `text` does."""
        raw = self._known()
        if raw is None and default is not None:
            return default
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise Malformed(self.path, "a number")
        return raw

    def texts(self) -> list[str]:
        """The strings of a list, none when it is absent; raises as `text` does for the list and each element."""
        return [element.text() for element in self.elements()]

    def _known(self) -> Raw:
        if self._raw is UNKNOWN:
            raise Undetermined(self.path)
        if isinstance(self._raw, Opaque):
            raise Malformed(self.path, f"readable ({self._raw.kind})")
        return self._raw


def secret_texts(raw: Raw) -> Iterator[str]:
    """Every secret string, for the last check before a message leaves the pack.

    Planned outputs mark a whole list as secret for the sake of one value in it. Where a marked value holds marked
    values itself, those are the secrets; the words around them (`production`) are not.
    """
    if isinstance(raw, Secret):
        within = list(secret_texts(raw.value))
        yield from within or _texts(raw.value)
    else:
        for item in _inside(raw):
            yield from secret_texts(item)


def _texts(raw: Raw) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    for item in _inside(raw):
        yield from _texts(item)


def _inside(raw: Raw) -> Iterable[Raw]:
    if isinstance(raw, list):
        return raw
    return raw.values() if isinstance(raw, dict) else ()
