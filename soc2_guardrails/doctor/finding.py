"""What a look at something found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, and is less than it should be
    PROBLEM = "problem"  # a run would fail, or prove nothing


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        area: what was looked at.
        level: how bad it is.
        what: what was found; never a secret.
        mend: what to do, empty if nothing.
    """

    area: str
    level: Level
    what: str
    mend: str = ""


def ok(area: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(area, Level.OK, what)


def warning(area: str, what: str, mend: str) -> Finding:
    """Less than it should be."""
    return Finding(area, Level.WARNING, what, mend)


def problem(area: str, what: str, mend: str) -> Finding:
    """A run would fail, or prove nothing."""
    return Finding(area, Level.PROBLEM, what, mend)
