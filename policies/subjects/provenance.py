"""Where the value of a variable comes from, as its comment says: a reference, the manager's version, a date.

    Charges cards | secret-ref=vault://kv/shop#stripe version=7 rotated=2026-10-01

The components write it behind the words of a person, if there are any. A manager without versions has `none` there, and
a version without a date `unknown`, so that a comment that was cut off cannot be taken for one that is whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

FORM: Final = "secret-ref=<reference> version=<version> rotated=<YYYY-MM-DD>"
"""What a comment ends with."""

MANAGERS: Final = ("vault", "aws-sm", "gcp-sm", "azure-kv", "esc")
"""The schemes of references to secret managers. Plugins of the program may have others, not known here."""

_ENVIRONMENT: Final = "env"
"""The scheme of references to environment variables of the process that runs the program."""

_COMMENT: Final = re.compile(
    r"(?:.* \| )?secret-ref=(?P<reference>(?P<scheme>[a-z][a-z0-9+.-]*)://\S+) version=(?P<version>\S+)"
    r" rotated=(?P<rotated>[0-9]{4}-[0-9]{2}-[0-9]{2}|unknown)",
    re.DOTALL,
)


class NotProvenance(Exception):
    """A comment does not say where a value comes from. Reads on after the property; never quotes the comment."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a comment says of a value.

    Attributes:
        reference: what the stack file has in place of the value, e.g. `vault://kv/shop#stripe`.
        version: the secret manager's name for the version, None where it has none.
        rotated: the day that version was made, by UTC; None where it cannot be dated.
        scheme: the scheme of the reference, e.g. `vault`.
    """

    reference: str
    version: str | None
    rotated: date | None
    scheme: str

    @property
    def from_manager(self) -> bool:
        """Whether the value comes from a secret manager that is known here."""
        return self.scheme in MANAGERS

    @property
    def from_environment(self) -> bool:
        """Whether the value comes from the environment of the run."""
        return self.scheme == _ENVIRONMENT


def provenance(comment: str) -> Provenance:
    """Reads a comment.

    Raises:
        NotProvenance: it says nothing of it, or not in this form.
    """
    told = _COMMENT.fullmatch(comment)
    if told is None:
        raise NotProvenance(f"does not end with {FORM}" if "secret-ref=" in comment else "has no secret-ref")
    return Provenance(
        reference=told["reference"],
        version=None if told["version"] == "none" else told["version"],
        rotated=None if told["rotated"] == "unknown" else _day(told["rotated"]),
        scheme=told["scheme"],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotProvenance("has a rotated that is no day") from None
