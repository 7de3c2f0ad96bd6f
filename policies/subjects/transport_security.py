"""Strict-Transport-Security values, read by the grammar of RFC 6797 and the demands of browsers' preload lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

YEAR: Final = 31_536_000
"""Seconds; the least `max-age` that preload lists take."""

_KNOWN: Final = {"max-age": "max-age", "includesubdomains": "includeSubDomains", "preload": "preload"}
_NUMBER: Final = re.compile(r"0|[1-9][0-9]*")


def faults(values: Sequence[str]) -> Iterator[str]:
    """What is wrong with the values of the header, each as a line that begins with a verb.

    Names of directives are quoted only where they are known ones, and numbers not at all: the header may be secret.
    """
    if len(values) != 1:
        yield f"has {len(values)} values, of which browsers read the first at most"
        return
    directives = [_directive(part) for part in values[0].split(";") if part.strip(" \t")]
    names = [name for name, _ in directives]
    if any(name not in _KNOWN for name in names):
        yield "has a directive other than max-age, includeSubDomains and preload"
    for name, spelled in _KNOWN.items():
        if names.count(name) > 1:
            yield f"has {spelled} {names.count(name)} times, which makes browsers ignore the header"
        if name != "max-age" and any(value is not None for each, value in directives if each == name):
            yield f"gives {spelled} a value, although it takes none"
    yield from _max_age_faults([value for name, value in directives if name == "max-age"])
    if "includesubdomains" not in names:
        yield "has no includeSubDomains, so subdomains may still be reached without TLS"


def _max_age_faults(ages: Sequence[str | None]) -> Iterator[str]:
    if not ages:
        yield "has no max-age, so browsers ignore the header"
        return
    age = ages[0] or ""
    if len(age) > 1 and age[0] == age[-1] == '"':
        age = age[1:-1]
    if not _NUMBER.fullmatch(age):
        yield "has a max-age that is not a plain number of seconds"
    elif age == "0":
        yield "has max-age=0, which makes browsers forget that the site wants TLS"
    elif len(age) < len(str(YEAR)) or (len(age) == len(str(YEAR)) and int(age) < YEAR):
        yield f"has a max-age of less than a year ({YEAR} seconds)"


def _directive(part: str) -> tuple[str, str | None]:
    name, equals, value = part.partition("=")
    return name.strip(" \t").lower(), value.strip(" \t") if equals else None
