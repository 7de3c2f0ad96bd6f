"""The runs of a chain at a glance, as their records tell, believed or not."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .chain import Chain, ChainName
from .predicates import Actors, Emergency, Intent, Outcome, Result, Review
from .report import Anchor


@dataclass
class RunOverview:
    """A run.

    Attributes:
        run: its id.
        at: when its intent was made; its outcome where there is no intent.
        result: how it ended, None while it is open.
        actors: who ran it.
        commit: SHA of the checkout, with `+` after it if there were other changes; empty without one.
        emergency: why the rules were not to stop it, None for an ordinary run.
        reviewed: for an emergency, whether it is closed.
    """

    run: str
    at: datetime
    result: Result | None = None
    actors: Actors = field(default_factory=Actors)
    commit: str = ""
    emergency: Emergency | None = None
    reviewed: bool = False

    @property
    def unreviewed(self) -> bool:
        """Whether it is an emergency that waits for a review."""
        return self.emergency is not None and self.result is not None and not self.reviewed

    @property
    def who(self) -> str:
        """Who ran it, attested if anybody attests it."""
        return self.actors.attested.get("actor") or self.actors.claimed

    def as_json(self) -> dict[str, Any]:
        """The run for `--json`."""
        return {
            "run": self.run,
            "at": self.at.isoformat(),
            "result": self.result.value if self.result else None,
            "actors": self.actors.model_dump(mode="json"),
            "commit": self.commit or None,
            "emergency": self.emergency.model_dump(mode="json") if self.emergency else None,
            "reviewed": self.reviewed if self.emergency else None,
        }


@dataclass(frozen=True)
class ChainOverview:
    """A chain.

    Attributes:
        chain: which.
        records: how many there are.
        unsigned: how many of them carry no signature.
        newest: the last one.
        runs: the newest runs.
        open_runs: all runs without an outcome, among them or before.
        open_emergencies: all emergencies that wait for a review.
    """

    chain: ChainName
    records: int
    unsigned: int
    newest: Anchor | None
    runs: Sequence[RunOverview]
    open_runs: Sequence[RunOverview]
    open_emergencies: Sequence[RunOverview]

    def as_json(self) -> dict[str, Any]:
        """The chain for `--json`."""
        return {
            "chain": self.chain.path,
            "sandbox": self.chain.sandbox,
            "records": self.records,
            "unsigned": self.unsigned,
            "newest": str(self.newest) if self.newest else None,
            "runs": [run.as_json() for run in self.runs],
            "openRuns": [run.as_json() for run in self.open_runs],
            "openEmergencies": [run.as_json() for run in self.open_emergencies],
        }


def overview_of(chain: Chain, last: int) -> ChainOverview:
    """Read a chain through, keeping its `last` runs and those that are open.

    Raises:
        ChainError: a record cannot be read.
        StoreError: the store cannot be read.
    """
    records = unsigned = 0
    newest: Anchor | None = None
    runs: deque[RunOverview] = deque(maxlen=last)
    still_open: dict[str, RunOverview] = {}
    for entry in chain.entries():
        records += 1
        unsigned += not entry.signed
        newest = Anchor(entry.digest, entry.sequence)
        said = entry.predicate
        match said:
            case Intent():
                commit = f"{said.commit.sha}{'+' if said.commit.dirty else ''}" if said.commit else ""
                run = RunOverview(said.run, said.at, None, said.actors, commit, said.emergency)
                runs.append(run)
                still_open[said.run] = run
            case Outcome():
                ended = still_open.pop(said.run, None) or RunOverview(said.run, said.at)
                ended.result = said.result
                if ended.unreviewed:
                    still_open[said.run] = ended
            case Review():
                reviewed = still_open.pop(said.run, None)
                if reviewed:
                    reviewed.reviewed = True
    return ChainOverview(
        chain.name,
        records,
        unsigned,
        newest,
        list(runs),
        [run for run in still_open.values() if run.result is None],
        [run for run in still_open.values() if run.unreviewed],
    )
