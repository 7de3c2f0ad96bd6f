"""What a complete log drain is, and where one falls short of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..judge.values import Value

SOURCES: Final = ("lambda", "edge", "external", "build", "firewall", "static", "redirect")
"""Everything that Vercel can drain."""

_FORMATS: Final = ("json", "ndjson")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a drain loses.

    Attributes:
        at: the property.
        what: what is wrong with it, reading on after the path.
        mend: what to write instead.
    """

    at: Value
    what: str
    mend: str


Clause: TypeAlias = Callable[[Value], Iterator[Gap]]


def _sources(drain: Value) -> Iterator[Gap]:
    sources = drain["sources"]
    lost = _missing(sources, SOURCES)
    if lost:
        yield Gap(sources, f"leaves out {_listed(lost)}, so their logs are lost", f"add {_listed(lost)} to sources")


def _environments(drain: Value) -> Iterator[Gap]:
    environments = drain["environments"]
    if _missing(environments, ("production",)):
        yield Gap(
            environments, "leaves out production, so nothing it logs is drained", "add production to environments"
        )


def _sampling(drain: Value) -> Iterator[Gap]:
    rate = drain["samplingRate"]
    if rate.number(default=1.0) != 1:
        yield Gap(rate, "is not 1, so only a sample of the log is drained", "leave samplingRate out, or set it to 1")


def _format(drain: Value) -> Iterator[Gap]:
    delivered = drain["deliveryFormat"]
    if delivered.text() not in _FORMATS:
        yield Gap(delivered, "is no structured format", "set deliveryFormat to json or ndjson")


COMPLETENESS: Final[tuple[Clause, ...]] = (_sources, _environments, _sampling, _format)
"""The clauses of a complete drain. Each takes the declared properties, and raises as reading any value does."""


def _missing(given: Value, needed: tuple[str, ...]) -> list[str]:
    elements = given.elements()
    known = {element.text() for element in elements if not element.unknown}
    missing = [each for each in needed if each not in known]
    unknown = [element for element in elements if element.unknown]
    if missing and len(missing) <= len(unknown):
        unknown[0].text()  # they may be what is missing
    return missing


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
