"""Look at everything at once, and wait for nothing that does not answer."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .finding import Finding, problem

SECONDS: Final = 40.0
"""How long one thing may take; each has shorter limits of its own for what it asks."""

Look: TypeAlias = Callable[[], Iterable[Finding]]
_Told: TypeAlias = tuple[int, list[Finding] | BaseException]


@dataclass(frozen=True)
class Check:
    """Something to look at.

    Attributes:
        area: its name.
        look: finds what there is to say; what it raises is a bug.
    """

    area: str
    look: Look


def examine(
    checks: Sequence[Check], *, seconds: float = SECONDS, waiting: Callable[[str], None] = lambda _: None
) -> Iterator[Finding]:
    """The findings, in the order of the checks, each as soon as those before it are there.

    Args:
        checks: what to look at, all at the same time.
        seconds: how long to wait for all of them.
        waiting: receives the area that is waited for.

    Raises:
        Exception: what a check raised.
    """
    answers: queue.Queue[_Told] = queue.Queue()
    for index, check in enumerate(checks):
        # Daemons, so that one that hangs does not hold the end up.
        threading.Thread(target=_run, args=(index, check, answers), daemon=True).start()
    deadline = time.monotonic() + seconds
    arrived: dict[int, list[Finding] | BaseException] = {}
    for index, check in enumerate(checks):
        waiting(check.area)
        while index not in arrived:
            try:
                at, told = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                arrived[index] = [_silent(check.area, seconds)]
            else:
                arrived.setdefault(at, told)
        told = arrived[index]
        if isinstance(told, BaseException):
            raise told
        yield from told


def _run(index: int, check: Check, answers: queue.Queue[_Told]) -> None:
    try:
        answers.put((index, list(check.look())))
    except BaseException as error:
        answers.put((index, error))


def _silent(area: str, seconds: float) -> Finding:
    return problem(area, f"did not answer within {seconds:.0f} s", "see whether the network or the disk hangs")
