"""Closes an emergency: somebody says what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from soc2_guardrails.evidence.errors import EvidenceError
from soc2_guardrails.evidence.lifecycle import not_independent
from soc2_guardrails.evidence.predicates import Actors, Intent, Link, Review

from .history import history_of

if TYPE_CHECKING:
    from soc2_guardrails.evidence.chain import Chain, Entry


class NotReviewable(EvidenceError):
    """There is no such emergency, or it is closed."""


class NotIndependent(EvidenceError):
    """The reviewer is who ran the emergency, as far as names tell."""


def review_emergency(chain: Chain, run: str, actors: Actors, conclusion: str, *, own: bool = False) -> Entry:
    """Append a review, which closes the emergency.

    Args:
        chain: that holds it.
        run: of the emergency.
        actors: who reviews.
        conclusion: what came of it.
        own: let it pass that the reviewer is who ran it; `verification` remarks it ever after.

    Raises:
        NotReviewable: see there.
        NotIndependent: see there.
        EvidenceError: the chain cannot be read or continued.
        StoreError: the store cannot be read or written.
    """
    outcome = _open_outcome(chain, run)
    why = not_independent(actors, _who_ran(chain, outcome))
    if why and not own:
        raise NotIndependent(
            f"An emergency is reviewed by somebody else than who ran it: {why}. Nothing was recorded. Where nobody "
            "else is there, --own records the review, and every verification remarks it"
        )

    def built(link: Link) -> Review:
        # Looked up again: somebody else may have closed it meanwhile.
        return Review(
            link=link,
            at=datetime.now(UTC),
            run=run,
            outcome=_open_outcome(chain, run).digest,
            sandbox=chain.name.sandbox,
            actors=actors,
            conclusion=conclusion,
        )

    return chain.append(built)


def _open_outcome(chain: Chain, run: str) -> Entry:
    for each in history_of(chain).unreviewed:
        entry = chain.record(each.sequence) if each.run == run else None
        if entry:
            return entry
    raise NotReviewable(
        f"Run {run} is no open emergency of {chain.name.path}. `soc2 evidence list` shows those that are"
    )


def _who_ran(chain: Chain, outcome: Entry) -> Actors:
    for sequence in range(outcome.sequence - 1, 0, -1):
        entry = chain.record(sequence)
        if entry and isinstance(entry.predicate, Intent) and entry.predicate.run == outcome.predicate.run:
            return entry.predicate.actors
    raise NotReviewable(f"{outcome.name}: the intent of its run is missing. See `soc2 evidence verify`")
