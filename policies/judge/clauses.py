"""Clauses of which some may be unknown: where those that are known decide, the unknown ones are irrelevant."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .values import Undetermined


def all_hold(clauses: Iterable[Callable[[], bool]]) -> bool:
    """Whether every clause holds.

    Raises:
        Undetermined: none fails, and some are unknown; with the path of the first.
        Malformed: as a clause does.
    """
    return not _is_there(False, clauses)


def any_holds(clauses: Iterable[Callable[[], bool]]) -> bool:
    """Whether a clause holds; raises as `all_hold` does, where none holds and some are unknown."""
    return _is_there(True, clauses)


def _is_there(deciding: bool, clauses: Iterable[Callable[[], bool]]) -> bool:
    doubt: Undetermined | None = None
    for clause in clauses:
        try:
            if clause() is deciding:
                return True
        except Undetermined as unknown:
            doubt = doubt or unknown
    if doubt:
        raise doubt
    return False
