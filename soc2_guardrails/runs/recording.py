"""Puts a run on record: an intent before the engine starts, an outcome after it, and what earlier runs left open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from soc2_guardrails.evidence.predicates import Earlier, Intent, Link, Outcome, Result

from .errors import RunError
from .history import History, history_of
from .run_folder import clear, host_digest, is_alive
from .spool import keep, kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from soc2_guardrails.evidence.chain import Chain, Entry


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine keeps what belongs to runs, below one folder of the project.

    Attributes:
        runs: a folder for each run that lives.
        spool: outcomes that could not be stored.
    """

    runs: Path
    spool: Path

    @classmethod
    def below(cls, folder: Path) -> Place:
        """The place in `folder`, `.soc2` of a project."""
        return cls(folder / "runs", folder / "unstored")


class OutcomeNotStored(RunError):
    """The outcome is not in the store; it was kept in `file`."""

    def __init__(self, file: Path, why: Exception) -> None:
        super().__init__(
            f"The outcome of this run could not be stored: {why}\n"
            f"It is kept in {file}. The next run of this stack stores it; until then the chain has an intent "
            "without an outcome. On a machine that goes away, save that file."
        )
        self.file = file


class _ClosedAlready(Exception):
    pass


class Recording:
    """The records of one run in its chain."""

    def __init__(self, chain: Chain, place: Place, run: str) -> None:
        self._chain = chain
        self._place = place
        self._run = run
        self._history = History()
        self._intent: Entry | None = None

    @property
    def history(self) -> History:
        """What was open when the run began."""
        return self._history

    def settle(self) -> tuple[str, ...]:
        """Stores outcomes that wait on this machine, and closes runs that were killed.

        Returns:
            What was done, in sentences for the reader.

        Raises:
            UnreadableSpool: a file that waits is damaged.
            EvidenceError: the chain cannot be read or continued.
            StoreError: the store cannot be read or written.
        """
        self._history = history_of(self._chain)
        told = [*self._store_kept()]
        told += [line for each in self._history.unfinished if (line := self._close(each))]
        self._history = history_of(self._chain)
        return tuple(told)

    def begin(self, build: Callable[[Link, History], Intent]) -> Entry:
        """Stores the intent; raises as `settle` does."""

        def built(link: Link) -> Intent:
            if link.sequence != self._history.sequence + 1:  # another run was faster
                self._history = history_of(self._chain)
            return build(link, self._history)

        self._intent = self._chain.append(built)
        return self._intent

    def end(self, build: Callable[[Link, str], Outcome]) -> Entry:
        """Stores the outcome.

        Args:
            build: makes it from its link and the digest of the intent.

        Raises:
            OutcomeNotStored: it could not be, and was kept on this machine.
        """
        if self._intent is None:
            raise RuntimeError("a run that has not begun cannot end")
        digest = self._intent.digest
        try:
            return self._chain.append(lambda link: build(link, digest))
        except Exception as error:
            link = Link(chain=self._chain.name.path, sequence=self._intent.sequence + 1)
            raise OutcomeNotStored(keep(self._place.spool, build(link, digest)), error) from error

    def _store_kept(self) -> list[str]:
        told = []
        for file, outcome in kept(self._place.spool, self._chain.name.path):
            if any(each.run == outcome.run for each in self._history.unfinished):
                self._append_once(outcome.run, partial(_relinked, outcome))
                told.append(f"Stored the outcome of run {outcome.run}, which could not be stored when it ended.")
            file.unlink()
            self._history = history_of(self._chain)
        return told

    def _close(self, earlier: Earlier) -> str:
        """Closes a run that is known to be dead; says so, or nothing where it may live."""
        entry = self._chain.record(earlier.sequence)
        intent = entry.predicate if entry else None
        if entry is None or not isinstance(intent, Intent):
            return ""  # `soc2 evidence verify` tells what is wrong with such a chain
        here = intent.runner.host == host_digest(self._place.runs)
        dead = here and not is_alive(self._place.runs, intent.runner.lock)
        if not dead and intent.runner.until > datetime.now(UTC):
            return ""
        why = (
            "killed: nothing of it lived any more" if dead else f"it was to be over by {intent.runner.until:%F %T} UTC"
        )
        closed = self._append_once(intent.run, lambda link: _interrupted(link, intent, entry.digest, self._run, why))
        if here:
            clear(self._place.runs, intent.runner.lock)
        return f"Closed run {intent.run} of {intent.at:%F %T} UTC as interrupted ({why})." if closed else ""

    def _append_once(self, run: str, build: Callable[[Link], Outcome]) -> bool:
        """Appends the outcome of another run, unless somebody else just did."""

        def built(link: Link) -> Outcome:
            if all(each.run != run for each in history_of(self._chain).unfinished):
                raise _ClosedAlready
            return build(link)

        try:
            self._chain.append(built)
        except _ClosedAlready:
            return False
        return True


def _relinked(outcome: Outcome, link: Link) -> Outcome:
    return outcome.model_copy(update={"link": link})


def _interrupted(link: Link, intent: Intent, digest: str, by: str, why: str) -> Outcome:
    return Outcome(
        link=link,
        run=intent.run,
        intent=digest,
        at=datetime.now(UTC),
        project=intent.project,
        stack=intent.stack,
        operation=intent.operation,
        sandbox=intent.sandbox,
        result=Result.INTERRUPTED,
        emergency=intent.emergency is not None,
        closed_by=by,
        why=f"not evaluated; {why}",
    )
