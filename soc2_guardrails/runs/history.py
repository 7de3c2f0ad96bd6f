"""What is open in a chain of records, told from its end: runs without an outcome, emergencies without a review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soc2_guardrails.evidence.predicates import Earlier, Intent, Operation, Outcome, Phase, Review

if TYPE_CHECKING:
    from soc2_guardrails.evidence.chain import Chain, Entry

_LOOK_BACK = 50
"""How many records are read, at most, to find the last update."""


@dataclass(frozen=True, slots=True)
class History:
    """What is open after a record.

    Attributes:
        sequence: of that record; 0 for an empty chain.
        unfinished: intents without an outcome.
        unreviewed: outcomes of emergencies without a review.
    """

    sequence: int = 0
    unfinished: tuple[Earlier, ...] = ()
    unreviewed: tuple[Earlier, ...] = ()


def history_of(chain: Chain) -> History:
    """What is open at the end of a chain. Reads back to the last intent, which carries on what was open before it."""
    newest: list[Entry] = []
    for entry in _backwards(chain):
        newest.append(entry)
        if isinstance(entry.predicate, Intent):
            break
    history = History()
    for entry in reversed(newest):
        history = _after(history, entry)
    return history


def last_update(chain: Chain) -> Phase | None:
    """The last update that was carried out to its end and evaluated, None where there is none among the newest."""
    for looked_at, entry in enumerate(_backwards(chain)):
        if looked_at >= _LOOK_BACK:
            break
        if isinstance(entry.predicate, Outcome):
            for phase in entry.predicate.phases:
                if phase.operation is Operation.UPDATE and phase.evaluated and phase.exit_code == 0:
                    return phase
    return None


def _backwards(chain: Chain) -> Iterator[Entry]:
    entry = chain.last()
    while entry is not None:
        yield entry
        entry = chain.record(entry.sequence - 1) if entry.sequence > 1 else None


def _after(history: History, entry: Entry) -> History:
    told = entry.predicate
    here = Earlier(sequence=entry.sequence, run=told.run)
    if isinstance(told, Intent):
        return History(entry.sequence, (*told.unfinished, here), told.unreviewed)
    unfinished, unreviewed = history.unfinished, history.unreviewed
    if isinstance(told, Outcome):
        unfinished = tuple(each for each in unfinished if each.run != told.run)
        if told.emergency:
            unreviewed = (*unreviewed, here)
    elif isinstance(told, Review):
        unreviewed = tuple(each for each in unreviewed if each.run != told.run)
    return History(entry.sequence, unfinished, unreviewed)
