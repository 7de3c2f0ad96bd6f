"""Whether the local clock tells the time: records carry it, and signatures and tokens hold for minutes only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .finding import Finding, ok, problem, warning
from .http import UnreachableError, get

_AREA: Final = "clock"
_NOTICEABLE_SECONDS: Final = 10
_WRONG_SECONDS: Final = 120
_MEND: Final = "switch on time synchronization (NTP) on this machine"


def clock(apis: Sequence[str]) -> Iterator[Finding]:
    """The local clock against the clocks of APIs, of which one is enough."""
    for api in apis:
        try:
            ahead = get(api).ahead
        except UnreachableError:
            continue
        if ahead is None:
            continue
        off = round(abs(ahead))
        told = f"{off} s {'ahead of' if ahead > 0 else 'behind'} {api.partition('://')[2]}"
        if off >= _WRONG_SECONDS:
            yield problem(_AREA, told, _MEND)
        elif off >= _NOTICEABLE_SECONDS:
            yield warning(_AREA, told, _MEND)
        else:
            yield ok(_AREA, f"right to within {max(off, 1)} s")
        return
    yield warning(_AREA, "no API told the time, so the local clock could not be compared", "see to the network")
