"""How the runs of a chain go: an intent, its outcome, and a review if it was an emergency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from .chain import ChainName, Entry, Kind
from .predicates import Actors, Intent, Operation, Outcome, Pack, Review

_KIND_OF: Final[dict[Operation, Kind]] = {Operation.UPDATE: "updates", Operation.PREVIEW: "previews"}


class OutOfPlaceError(Exception):
    """A record says what cannot be, after those before it. The message is a clause about the record."""


@dataclass(frozen=True)
class Begun:
    """A run that has an intent and no outcome yet; no more of the intent than its outcome is held against."""

    name: str
    digest: str
    operation: Operation
    actors: Actors
    packs: frozenset[tuple[str, str, str]]
    emergency: bool


@dataclass(frozen=True)
class Emergency:
    """An emergency that nobody has reviewed.

    Attributes:
        run: its id.
        name: of its outcome's record.
        digest: of that record.
        actors: who ran it.
    """

    run: str
    name: str
    digest: str
    actors: Actors


@dataclass
class Lifecycle:
    """The runs of one chain, as far as its records were shown to it.

    Attributes:
        chain: which.
        accepted: digests of the packs that may have judged; any if empty.
        begun: runs without an outcome, by their id.
        emergencies: those that nobody has reviewed, by their run's id.
        packs: how many runs each pack has judged, by `name@version digest`.
        not_evaluated: how many runs ended with something that was not evaluated.
        remarks: what is no proof of a forgery, and to be explained by somebody.
    """

    chain: ChainName
    accepted: Collection[str] = ()
    begun: dict[str, Begun] = field(default_factory=dict)
    emergencies: dict[str, Emergency] = field(default_factory=dict)
    packs: Counter[str] = field(default_factory=Counter)
    not_evaluated: int = 0
    remarks: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def follow(self, entry: Entry) -> None:
        """Take the next record.

        Raises:
            OutOfPlaceError: it cannot be the next one.
        """
        said = entry.predicate
        if said.sandbox != self.chain.sandbox:
            made, chain = ("of the sandbox", "is not") if said.sandbox else ("not of the sandbox", "is")
            raise OutOfPlaceError(f"it is {made}, and its chain {chain}")
        match said:
            case Intent():
                self._begin(entry, said)
            case Outcome():
                self._end(entry, said)
            case Review():
                self._review(entry, said)

    def _begin(self, entry: Entry, intent: Intent) -> None:
        self._require_stack(intent)
        if intent.run in self._seen:
            raise OutOfPlaceError(f"its run {intent.run!r} has begun before")
        for pack in intent.packs:
            self._require_accepted(pack)
        self._seen.add(intent.run)
        self._compare_what_it_carries_on(entry, intent)
        packs = frozenset(_named(pack) for pack in intent.packs)
        self.begun[intent.run] = Begun(
            entry.name, entry.digest, intent.operation, intent.actors, packs, intent.emergency is not None
        )

    def _compare_what_it_carries_on(self, entry: Entry, intent: Intent) -> None:
        for what, carried, found in (
            ("runs are unfinished", intent.unfinished, self.begun),
            ("emergencies are not reviewed", intent.unreviewed, self.emergencies),
        ):
            if [each.run for each in carried] != list(found):
                self.remarks.append(f"{entry.name}: it says that other {what} than the records before it")

    def _end(self, entry: Entry, outcome: Outcome) -> None:
        self._require_stack(outcome)
        begun = self.begun.get(outcome.run)
        if begun is None:
            why = "has ended before" if outcome.run in self._seen else "has no intent in this chain"
            raise OutOfPlaceError(f"its run {outcome.run!r} {why}")
        if outcome.intent != begun.digest:
            raise OutOfPlaceError(f"the intent that it names is not that of its run, {begun.name}")
        if outcome.operation is not begun.operation or outcome.emergency != begun.emergency:
            raise OutOfPlaceError(f"it is the outcome of something else than {begun.name} announced")
        for phase in outcome.phases:
            if phase.evaluated and phase.pack is None:
                raise OutOfPlaceError("it says that the rules were evaluated, and not by which pack")
            if phase.pack is None:
                continue
            if phase.evaluated and _named(phase.pack) not in begun.packs:
                raise OutOfPlaceError(
                    f"the pack that judged, {_described(phase.pack)}, is not the one that {begun.name} announced"
                )
            self._require_accepted(phase.pack)
        self.packs.update({_described(phase.pack) for phase in outcome.phases if phase.evaluated and phase.pack})
        self.not_evaluated += not outcome.phases or not all(phase.evaluated for phase in outcome.phases)
        del self.begun[outcome.run]
        if outcome.emergency:
            self.emergencies[outcome.run] = Emergency(outcome.run, entry.name, entry.digest, begun.actors)

    def _review(self, entry: Entry, review: Review) -> None:
        emergency = self.emergencies.get(review.run)
        if emergency is None:
            raise OutOfPlaceError(f"it reviews run {review.run!r}, which is no emergency that is open")
        if review.outcome != emergency.digest:
            raise OutOfPlaceError(f"the outcome that it names is not that of the emergency, {emergency.name}")
        if why := not_independent(review.actors, emergency.actors):
            self.remarks.append(f"{entry.name}: the review of the emergency {review.run} is not independent: {why}")
        del self.emergencies[review.run]

    def _require_stack(self, said: Intent | Outcome) -> None:
        if (said.project, said.stack) != (self.chain.project, self.chain.stack):
            raise OutOfPlaceError(f"it is of {said.project}/{said.stack}, another stack")
        if _KIND_OF[said.operation] != self.chain.kind:
            raise OutOfPlaceError(f"it is of a {said.operation.value}, which does not belong here")

    def _require_accepted(self, pack: Pack) -> None:
        if self.accepted and pack.digest not in self.accepted:
            raise OutOfPlaceError(f"its pack {_described(pack)} is none of those that are accepted")


def not_independent(reviewer: Actors, actor: Actors) -> str:
    """Why a review is not by somebody else than who ran the emergency, as far as the records tell; empty if it is.

    Names that git is configured with are claims: this finds carelessness, not deceit.
    """
    if not any(reviewer.attested.values()) and not reviewer.claimed.strip():
        return "the reviewer has no name"
    if reviewer.claimed and reviewer.claimed.strip().casefold() == actor.claimed.strip().casefold():
        return f"{reviewer.claimed} has run it"
    who = reviewer.attested.get("actor")
    if who and who == actor.attested.get("actor"):
        return f"{who} has run it"
    return ""


def _named(pack: Pack) -> tuple[str, str, str]:
    return pack.name, pack.version, pack.digest


def _described(pack: Pack) -> str:
    return f"{pack.name}@{pack.version} {pack.digest}"
