"""How severities are ordered and shown."""

from __future__ import annotations

from typing import Final

WORST_FIRST: Final = ("critical", "high", "medium", "low", "")
STYLES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}


def rank(severity: str) -> int:
    """0 for the worst."""
    return WORST_FIRST.index(severity) if severity in WORST_FIRST else len(WORST_FIRST)
