"""A whole run: on record before the engine starts, judged, confirmed, carried out, and on record again."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from soc2_guardrails.evidence.predicates import (
    Emergency,
    Intent,
    Link,
    Operation,
    Outcome,
    Result,
    Runner,
)

from .emergency import write_emergency_configuration
from .phases import Job, OnEvent, PhaseRun, run_phase
from .recording import OutcomeNotStored
from .run_folder import RunFolder, host_digest
from .versions import own_versions

if TYPE_CHECKING:
    from types import FrameType

    from soc2_guardrails.evidence.chain import Entry

    from .history import History
    from .provenance import Provenance
    from .recording import Place, Recording

LONGEST: Final = timedelta(hours=24)
"""After it, a run on another machine is taken for dead; a job on GitHub's own runners may last 6 hours."""

_PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do.

    Attributes:
        run: its name.
        operation: preview, or update.
        job: what the engine is run on.
        sandbox: whether the account is an embedded one, so that nothing of it is evidence.
        provenance: where it comes from.
        emergency: why rules are not to stop it; None for every other run.
        held_to_plan: whether an update is held to the plan of its preview.
    """

    run: str
    operation: Operation
    job: Job
    sandbox: bool
    provenance: Provenance
    emergency: Emergency | None = None
    held_to_plan: bool = True


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who sees a run, and is asked.

    Attributes:
        begins: is told before each phase.
        sees: is told what the engine does.
        judged: is told how the preview of an update came out, before anybody is asked.
        confirms: whether an update that is allowed shall go on.
    """

    begins: Callable[[Operation], None]
    sees: OnEvent
    judged: Callable[[PhaseRun], None]
    confirms: Callable[[PhaseRun], bool]


@dataclass(slots=True)
class Finished:
    """How a run ended.

    Attributes:
        result: what is on record.
        why: in a sentence, empty where the result says it all.
        phases: the runs of the engine.
        intent: the record of the intent.
        outcome: the record of the outcome, None where it could not be stored.
        not_stored: why it could not.
        crash: an error of this program, to be raised once everything is on record.
    """

    intent: Entry
    result: Result = Result.FAILED
    why: str = ""
    phases: list[PhaseRun] = field(default_factory=list)
    outcome: Entry | None = None
    not_stored: OutcomeNotStored | None = None
    crash: BaseException | None = None


def carry_out(order: Order, recording: Recording, place: Place, onlooker: Onlooker) -> Finished:
    """Carries out an order. `recording` is settled already.

    Raises:
        EvidenceError, StoreError: the intent could not be stored; the engine was not started.
        ConfigurationError: the pack's configuration cannot be read for an emergency.
        OSError: the run's folder cannot be made.
    """
    with _ends_as_interrupts(), RunFolder(place.runs, order.run) as folder:
        if order.emergency:
            lowered = folder.path / "emergency.json"
            write_emergency_configuration(order.job.pack.configuration, lowered)
            pack = replace(order.job.pack, configuration=lowered)
            order = replace(order, job=replace(order.job, pack=pack))
        intent = recording.begin(lambda link, history: _intent(order, place, link, history))
        finished = Finished(intent)
        try:
            _operate(order, folder, onlooker, finished)
        except KeyboardInterrupt:
            finished.result, finished.why = Result.INTERRUPTED, "interrupted between the runs of the engine"
        except Exception as crash:
            finished.result, finished.why = Result.FAILED, f"soc2 itself failed ({type(crash).__name__})"
            finished.crash = crash
        with _undisturbed():
            try:
                finished.outcome = recording.end(lambda link, digest: _outcome(order, finished, link, digest))
            except OutcomeNotStored as lost:
                finished.not_stored = lost
    if finished.crash:
        raise finished.crash
    return finished


def _operate(order: Order, folder: RunFolder, onlooker: Onlooker, finished: Finished) -> None:
    updating = order.operation is Operation.UPDATE
    plan = folder.path / _PLAN if updating and order.held_to_plan else None
    onlooker.begins(Operation.PREVIEW)
    preview = run_phase(order.job, Operation.PREVIEW, folder, onlooker.sees, save_plan=plan)
    finished.phases.append(preview)
    _settle(order, preview, finished)
    if not updating:
        return
    onlooker.judged(preview)
    if preview.ended.signals:
        finished.result, finished.why = Result.INTERRUPTED, "interrupted at the preview"
    if finished.result is not Result.SUCCEEDED:
        return
    if not onlooker.confirms(preview):
        finished.result, finished.why = Result.DECLINED, "nobody confirmed the update"
        return
    finished.result = Result.FAILED
    onlooker.begins(Operation.UPDATE)
    update = run_phase(order.job, Operation.UPDATE, folder, onlooker.sees, plan=plan)
    finished.phases.append(update)
    _settle(order, update, finished)


def _settle(order: Order, phase: PhaseRun, finished: Finished) -> None:
    finished.result = phase.result
    what, ours = phase.phase.operation.value, order.job.pack.identity.name
    if phase.result is Result.INTERRUPTED:
        finished.why = f"the engine was {'killed' if phase.ended.killed else 'interrupted'} at the {what}"
    elif phase.result is Result.FAILED:
        finished.why = f"the {what} failed with exit code {phase.ended.exit_code}"
    elif phase.result is Result.REFUSED and not any(each.pack == ours for each in phase.refused_by):
        finished.why = f"refused at the {what} by {', '.join(sorted({each.pack for each in phase.refused_by}))}"
    elif not phase.phase.evaluated and phase.result is Result.SUCCEEDED:
        finished.why = f"the {what} was not evaluated: {phase.phase.why_not}"
        # In an emergency nothing that the rules say or leave unsaid stops the run.
        if order.emergency is None:
            finished.result = Result.FAILED


def _intent(order: Order, place: Place, link: Link, history: History) -> Intent:
    now = datetime.now(UTC)
    return Intent(
        link=link,
        run=order.run,
        at=now,
        project=order.job.project,
        stack=order.job.stack,
        operation=order.operation,
        sandbox=order.sandbox,
        commit=order.provenance.commit,
        actors=order.provenance.actors,
        pull_request=order.provenance.pull_request,
        emergency=order.emergency,
        packs=(order.job.pack.identity,),
        configuration=order.job.pack.configuration_digest,
        versions={"pulumi": order.job.engine.version, **own_versions()},
        runner=Runner(host=host_digest(place.runs), lock=order.run, until=now + LONGEST, url=order.provenance.page),
        unfinished=history.unfinished,
        unreviewed=history.unreviewed,
    )


def _outcome(order: Order, finished: Finished, link: Link, intent: str) -> Outcome:
    plugins: dict[str, str] = {}
    for each in finished.phases:
        plugins |= each.observed.plugins
    return Outcome(
        link=link,
        run=order.run,
        intent=intent,
        at=datetime.now(UTC),
        project=order.job.project,
        stack=order.job.stack,
        operation=order.operation,
        sandbox=order.sandbox,
        result=finished.result,
        phases=tuple(each.phase for each in finished.phases),
        emergency=order.emergency is not None,
        plugins=plugins,
        why=finished.why,
    )


@contextlib.contextmanager
def _ends_as_interrupts() -> Iterator[None]:
    """SIGTERM and SIGHUP come as KeyboardInterrupt, so that they too leave an outcome."""

    def on_signal(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as `nohup` wants it
    with _handled(on_signal, signal.SIGTERM, *(() if ignored else (signal.SIGHUP,))):
        yield


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """While an outcome is stored, no signal but SIGKILL ends the run."""
    with _handled(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield


@contextlib.contextmanager
def _handled(handler: Callable[[int, FrameType | None], object] | signal.Handlers, *numbers: int) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
