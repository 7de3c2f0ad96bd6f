"""Violations as annotations of GitHub Actions: at the line of the stack file that they come from, where it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from soc2_guardrails.runs.report import ToldFinding
from soc2_guardrails.terminal import printable

_MOST: Final = 10
"""GitHub shows no more errors of a step."""


def workflow_commands(violations: Iterable[ToldFinding]) -> Iterator[str]:
    """Workflow commands, a line each; what cannot be placed in a file is left to the comment."""
    placed = [(each, each.origin) for each in violations if each.origin]
    for each, origin in placed[:_MOST]:
        title = _property(f"{each.criterion} {each.rule}")
        message = "%0A".join(map(_data, (f"{each.name}: {each.what}", f"mend: {each.mend}")))
        yield f"::error file={_property(origin.file)},line={origin.line},title={title}::{message}"


def _data(text: str) -> str:
    """A text of a command, on one line, so that it begins no other command."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
