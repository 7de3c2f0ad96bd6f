"""Which resources a URN of a waiver covers: those of one type whose names it gives, in one stack or in several."""

from __future__ import annotations

import re
from typing import Final

from .globs import ANY, pattern
from .resources import Resource

BEGINNING: Final = 3
"""How many characters of a name are to be written out before a `*`: `web-*` says whose, `*-firewall` only what."""

_PARTS: Final = r"(?P<place>.*?(?:::|\$|\*))(?P<type>[^:$*]+:[^:$*]+:[^:$*]+)::(?P<name>.+)"
"""What is before the type (stack, project and parents), the type, and the name, which may hold `::` as well."""

_SHORT: Final = re.compile(r"(?P<package>vercel|github):index:(?P<name>.+)")

_PLACE: Final = r"urn:pulumi:[^:]+::[^:]+::(?:.+\$)?"


class Vague(ValueError):
    """A URN does not say which resources it means.

    Attributes:
        what: what is wrong with it.
        mend: how it would say so.
    """

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class Covered:
    """The resources that a URN of a waiver covers.

    Args:
        urn: with a whole type, and a name that is written out, at least its beginning. `*` stands for any text, in the
            rest of the name and before the type.

    Raises:
        Vague: it has no such type or name.
    """

    def __init__(self, urn: str) -> None:
        parts = re.fullmatch(_PARTS, urn, re.DOTALL)
        if parts is None or not (ANY in parts["place"] or re.fullmatch(_PLACE, parts["place"], re.DOTALL)):
            raise Vague(
                "does not say by type and name which resources it means",
                mend="end it in a whole type and a name, after urn:pulumi:STACK::PROJECT:: or a *, as in "
                "*vercel:index/project:Project::web",
            )
        if short := _SHORT.fullmatch(parts["type"]):
            name = short["name"]
            raise Vague(
                f"has the type {parts['type']} as messages shorten it, which no URN has",
                mend=f"write {short['package']}:index/{name[0].lower()}{name[1:]}:{name}",
            )
        if ANY in parts["name"][:BEGINNING]:
            raise Vague(
                f"has a * within the first {BEGINNING} characters of the name",
                mend=f"write out the name, or at least its first {BEGINNING} characters",
            )
        self._place = pattern(parts["place"])
        self._type = parts["type"]
        self._name = pattern(parts["name"])

    def __contains__(self, subject: Resource) -> bool:
        """Whether it covers a resource.

        Type and name are compared by themselves: a name may hold `::` and so end as the URN of another resource does.
        """
        own = f"{subject.type}::{subject.name}"
        return (
            subject.type == self._type
            and subject.urn.endswith(own)
            and self._name.fullmatch(subject.name) is not None
            and self._place.fullmatch(subject.urn[: -len(own)]) is not None
        )
