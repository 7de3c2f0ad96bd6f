"""Puts a judged plan on record: an intent before the pack is asked, an outcome after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from soc2_guardrails.evidence.predicates import Intent, Link, Operation, Outcome, Result, Runner

from .run_folder import RunFolder, host_digest
from .running import LONGEST
from .versions import own_versions

if TYPE_CHECKING:
    from soc2_guardrails.evidence.chain import Entry

    from .history import History
    from .judging import Judgement
    from .judging_pack import JudgingPack
    from .planned import PlannedState
    from .provenance import Provenance
    from .recording import Place, Recording


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """What is judged by what, where it comes from, and whether it was planned on an embedded account."""

    run: str
    planned: PlannedState
    pack: JudgingPack
    provenance: Provenance
    sandbox: bool


def judge_on_record(
    run: JudgedRun, recording: Recording, place: Place, judge: Callable[[], Judgement]
) -> tuple[Judgement, Entry]:
    """Judges, and gives the judgement with the record of its outcome. `recording` is settled already.

    Raises:
        EvidenceError, StoreError: the intent could not be stored; nothing was judged.
        OutcomeNotStored: the outcome could not be stored.
        Exception: what `judge` raises; that it failed is on record then.
    """
    with RunFolder(place.runs, run.run):
        recording.begin(lambda link, history: _intent(run, place, link, history))
        try:
            judgement = judge()
        except BaseException as error:
            why = f"the plan was not judged ({type(error).__name__})"
            interrupted = isinstance(error, KeyboardInterrupt)
            result = Result.INTERRUPTED if interrupted else Result.FAILED
            recording.end(lambda link, intent: _outcome(run, link, intent, result, None, why))
            raise
        entry = recording.end(lambda link, intent: _outcome(run, link, intent, judgement.result, judgement, ""))
    return judgement, entry


def _intent(run: JudgedRun, place: Place, link: Link, history: History) -> Intent:
    now = datetime.now(UTC)
    return Intent(
        link=link,
        run=run.run,
        at=now,
        project=run.planned.project,
        stack=run.planned.stack,
        operation=Operation.PREVIEW,
        sandbox=run.sandbox,
        commit=run.provenance.commit,
        actors=run.provenance.actors,
        pull_request=run.provenance.pull_request,
        packs=(run.pack.identity,),
        configuration=run.pack.configuration_digest,
        versions=own_versions(),
        runner=Runner(host=host_digest(place.runs), lock=run.run, until=now + LONGEST, url=run.provenance.page),
        unfinished=history.unfinished,
        unreviewed=history.unreviewed,
    )


def _outcome(run: JudgedRun, link: Link, intent: str, result: Result, judgement: Judgement | None, why: str) -> Outcome:
    return Outcome(
        link=link,
        run=run.run,
        intent=intent,
        at=datetime.now(UTC),
        project=run.planned.project,
        stack=run.planned.stack,
        operation=Operation.PREVIEW,
        sandbox=run.sandbox,
        result=result,
        phases=(judgement.phase,) if judgement else (),
        why=why,
    )
