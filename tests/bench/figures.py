"""What a benchmark reports: a ratio of medians, and what it is to reach."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One figure, held against its target if it has one.

    Attributes:
        name: what is compared with what.
        value: the ratio, or megabytes.
        target: what it is to reach; None for one that only helps to read the others.
        at_least: whether the target is a lower bound.
        unit: `x` for a ratio, which does not depend on the machine, or `MB`.
    """

    name: str
    value: float
    target: float | None = None
    at_least: bool = False
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether the target is reached; a figure without one always is."""
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def bound(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        return f"{'at least' if self.at_least else 'at most'} {self.target:g} {self.unit}"

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "at_least": self.at_least,
            "met": self.met,
        }


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """How many times as large the median of one series is as that of another."""
    return statistics.median(of) / statistics.median(to)


def table(title: str, figures: Iterable[Figure]) -> Table:
    """The figures for a terminal."""
    shown = Table(title=title)
    shown.add_column("figure")
    for heading in ("measured", "target", ""):
        shown.add_column(heading, justify="right")
    for figure in figures:
        verdict = "" if figure.target is None else "met" if figure.met else "missed"
        shown.add_row(
            figure.name,
            f"{figure.value:.2f} {figure.unit}",
            figure.bound,
            verdict,
            style={"met": "green", "missed": "red"}.get(verdict, ""),
        )
    return shown


def profile(title: str, shares: Mapping[str, float]) -> Table:
    """Where time goes, by part, for a terminal."""
    shown = Table(title=title)
    shown.add_column("part")
    shown.add_column("share", justify="right")
    for part, share in shares.items():
        shown.add_row(part, f"{share:.1%}")
    return shown
