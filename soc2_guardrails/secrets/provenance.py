"""Provenance: where a variable's value comes from, as its comment on Vercel says.

`[text | ]secret-ref=<reference> version=<version> rotated=<date>`, with `none` for a manager without versions and
`unknown` for a version without a date. A person in the dashboard, the rules and the auditor read the same.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date
from typing import Final, Self

from .reference import MalformedReferenceError, Reference
from .source import Fetched

MOST_CHARACTERS: Final = 500
"""What Vercel takes as a comment."""

_NO_VERSION: Final = "none"
_NO_DATE: Final = "unknown"
_SEPARATOR: Final = " | "
_COMMENT: Final = re.compile(
    r"(?:(?P<text>.*) \| )?secret-ref=(?P<reference>\S+) version=(?P<version>\S+)"
    r" rotated=(?P<rotated>\d{4}-\d{2}-\d{2}|unknown)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value comes from."""

    reference: Reference
    version: str | None
    """The manager's name of the version, None where it has none."""
    rotated: date | None
    """The day in UTC on which that version was made, None where it cannot be dated."""

    @classmethod
    def of(cls, reference: Reference, fetched: Fetched) -> Self:
        """The provenance of a value that was read."""
        return cls(reference, fetched.version, fetched.rotated.astimezone(UTC).date() if fetched.rotated else None)

    @classmethod
    def parse(cls, comment: str) -> Self | None:
        """The provenance at the end of a comment, None where there is none that is whole."""
        match = _COMMENT.fullmatch(comment)
        if match is None:
            return None
        try:
            reference = Reference.parse(match["reference"])
            rotated = None if match["rotated"] == _NO_DATE else date.fromisoformat(match["rotated"])
        except (MalformedReferenceError, ValueError):
            return None
        return cls(reference, None if match["version"] == _NO_VERSION else match["version"], rotated)

    def __str__(self) -> str:
        """The provenance as it stands in a comment."""
        rotated = self.rotated.isoformat() if self.rotated else _NO_DATE
        return f"secret-ref={self.reference} version={self.version or _NO_VERSION} rotated={rotated}"

    def comment(self, text: str | None = None) -> str:
        """The comment of a variable: a text of the team's own, shortened where need be, and the provenance."""
        own = str(self)
        if not text:
            return own
        room = MOST_CHARACTERS - len(own) - len(_SEPARATOR)
        line = " ".join(text.split())
        shown = line if len(line) <= room else f"{line[: room - 1]}…"
        return f"{shown}{_SEPARATOR}{own}" if room > 1 else own
