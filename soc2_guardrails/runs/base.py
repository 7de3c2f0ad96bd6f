"""What failed already on the base of a change, so that a reader sees what the change brings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from soc2_guardrails.evidence.predicates import Phase

_FAILED = frozenset({"violation", "advisory"})


class UnreadableBase(RunError):
    """The file given as base is none; the message names it."""


@dataclass(frozen=True, slots=True)
class Base:
    """What failed before.

    Attributes:
        failed: rule, URN and first line of the message of each failure.
        told_by: where that is known from.
    """

    failed: frozenset[tuple[str, str, str]]
    told_by: str

    @classmethod
    def of_record(cls, phase: Phase, told_by: str) -> Base:
        """From what is on record of an earlier run."""
        failed = [
            (each.rule, each.urn, message)
            for each in phase.decisions
            if each.verdict == "fail"
            for message in each.messages
        ]
        return cls(_keys([*failed, *((each.rule, each.urn, each.message) for each in phase.remediated)]), told_by)

    @classmethod
    def of_file(cls, path: Path) -> Base:
        """From what `soc2 preview --json` wrote.

        Raises:
            UnreadableBase: it is no such file, or one of a run that was not evaluated.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            evaluated = told["evaluated"]
            failed = [
                (each["rule"], each["urn"], each["message"]) for each in told["findings"] if each["kind"] in _FAILED
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableBase(f"{path}: the base has to be a file that `soc2 preview --json` wrote") from error
        if evaluated is not True:
            raise UnreadableBase(f"{path}: the run that wrote it was not evaluated, so nothing can be compared with it")
        return cls(_keys(failed), str(path))

    def is_new(self, rule: str, urn: str, message: str) -> bool:
        """Whether a failure was not there."""
        return (rule, urn, message.partition("\n")[0]) not in self.failed


def _keys(failed: Iterable[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
    return frozenset((rule, urn, message.partition("\n")[0]) for rule, urn, message in failed)
