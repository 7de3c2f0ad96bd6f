"""One run of the engine under the pack: its command line, what it did, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from soc2_guardrails.engine.events import PolicyReport
from soc2_guardrails.evidence.predicates import Change, Operation, Pack, Phase, Result

from .crosscheck import MANDATORY, Evaluation, Expected, evaluate
from .engine_arguments import is_partial
from .engine_run import Ended, run_engine
from .journal import VARIABLE
from .log_tail import LogTail
from .observed import REFRESH, SAME, Observed, Seen
from .planned import assemble

if TYPE_CHECKING:
    from soc2_guardrails.engine import Engine

    from .judging_pack import JudgingPack
    from .run_folder import RunFolder

OnEvent: TypeAlias = Callable[[Seen, Observed], None]
"""Is told what the engine does while it does it, from another thread."""

SANDBOX: Final = "SOC2_SANDBOX"
"""In the environment of whatever runs against an embedded account."""

_OURS: Final = ("SOC2_SIGNING_", "ACTIONS_ID_TOKEN_REQUEST_")
"""What variables begin with that the program of a stack does not get: with them it could sign in our place."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the engine is to be run on.

    Attributes:
        engine: the CLI.
        folder: of the project.
        project: its name.
        stack: short name.
        pack: what judges.
        arguments: more arguments for `pulumi preview` and `pulumi up`, checked.
        environment: of this process.
        reference: the stack as the CLI is told, with its organization; the short name if left out.
    """

    engine: Engine
    folder: Path
    project: str
    stack: str
    pack: JudgingPack
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PhaseRun:
    """One run of the engine, ended.

    Attributes:
        phase: what goes on record.
        observed: what the event log said.
        ended: how the CLI ended.
    """

    phase: Phase
    observed: Observed
    ended: Ended

    @property
    def refused_by(self) -> tuple[PolicyReport, ...]:
        """What mandatory rules said."""
        return tuple(each for each in self.observed.reports if each.is_violation)

    @property
    def result(self) -> Result:
        """How it ended, by itself: an interrupt that came too late to stop anything is none."""
        if self.ended.killed or (self.ended.signals and self.ended.exit_code):
            return Result.INTERRUPTED
        if self.refused_by or any(each.verdict == "fail" and each.level == MANDATORY for each in self.phase.decisions):
            return Result.REFUSED
        return Result.FAILED if self.ended.exit_code else Result.SUCCEEDED


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the engine, from that of this process."""
    passed = {name: value for name, value in environment.items() if not name.startswith(_OURS)}
    # `--event-log` of this CLI is behind the first.
    return {**passed, "PULUMI_DEBUG_COMMANDS": "true", "PULUMI_SKIP_UPDATE_CHECK": "true"}


def run_phase(
    job: Job,
    operation: Operation,
    folder: RunFolder,
    on_event: OnEvent,
    *,
    save_plan: Path | None = None,
    plan: Path | None = None,
    planned: Path | None = None,
) -> PhaseRun:
    """Runs the engine once.

    Args:
        job: on what.
        operation: a preview, or an update without a preview of its own.
        folder: of the run.
        on_event: looks on.
        save_plan: where a preview writes its plan.
        plan: the plan that an update is held to.
        planned: where the planned state of a preview is written, to be judged again elsewhere; none is of one that
            failed.

    Raises:
        UnreadablePlan: the planned state is asked for, and what the engine wrote of it cannot be read.
    """
    journals, log = folder.journals(operation.value), folder.path / f"events-{operation.value}.jsonl"
    observed = Observed()

    def take(event: Mapping[str, Any]) -> None:
        if (told := observed.take(event)) is not None:
            on_event(told, observed)

    command = [str(job.engine.path), "--non-interactive", "--color", "never"]
    command += ["up", "--yes", "--skip-preview"] if operation is Operation.UPDATE else ["preview"]
    command += ["--stack", job.reference or job.stack, "--policy-pack", str(job.pack.folder), "--event-log", str(log)]
    if job.pack.configuration:
        command += ["--policy-pack-config", str(job.pack.configuration)]
    if save_plan:
        command += ["--save-plan", str(save_plan)]
    if plan:
        command += ["--plan", str(plan)]
    if planned:
        command += ["--json", "--show-sames"]
    environment = {**engine_environment(job.environment), VARIABLE: str(journals)}
    with LogTail(log, take):
        ended = run_engine(
            [*command, *job.arguments],
            cwd=job.folder,
            environment=environment,
            output=folder.path / f"output-{operation.value}.txt",
            errors=folder.path / f"errors-{operation.value}.txt" if planned else None,
            keep_open=folder.lock,
        )
    expected = Expected(
        name=job.pack.identity.name,
        version=job.pack.identity.version,
        digest=job.pack.identity.digest,
        operation=operation.value,
        stack=f"{job.project}/{job.stack}",
    )
    evaluation = evaluate(
        journals, observed, expected, whole=observed.summarized and not ended.killed, succeeded=ended.exit_code == 0
    )
    phase = _phase(operation, evaluation, observed, ended, partial=is_partial(job.arguments))
    run = PhaseRun(phase, observed, ended)
    # One that failed did not come to the end of its plan, and what is missing from a plan would not be judged.
    if planned and run.result in {Result.SUCCEEDED, Result.REFUSED}:
        sandbox = bool(job.environment.get(SANDBOX))
        assemble(log, ended.output, project=job.project, stack=job.stack, sandbox=sandbox).write(planned)
    return run


def _phase(operation: Operation, evaluation: Evaluation, observed: Observed, ended: Ended, *, partial: bool) -> Phase:
    not_judged = evaluation.not_judged
    if partial:
        not_judged = (*not_judged, "resources that the arguments of this run left out (--target, --exclude)")
    seen = Phase(
        operation=operation,
        evaluated=False,
        why_not=evaluation.why_not,
        changes=_counted(observed),
        planned=tuple(_changes(operation, observed)),
        exit_code=ended.exit_code,
    )
    if evaluation.journal is None:
        return seen
    run = evaluation.journal.run
    return seen.model_copy(
        update={
            "evaluated": True,
            "not_judged": not_judged,
            "pack": Pack(name=run.pack.name, version=run.pack.version, digest=run.pack.digest),
            "configuration": run.configuration,
            "decisions": tuple(each.recorded() for each in evaluation.journal.decisions),
            "disabled": evaluation.journal.disabled,
            "remediated": tuple(each.recorded() for each in evaluation.journal.remediations),
        }
    )


def _counted(observed: Observed) -> dict[str, int]:
    if observed.summarized:
        return dict(sorted(observed.changes.items()))
    counted: dict[str, int] = {}
    for urn in observed.done:
        operation = observed.steps[urn].operation
        counted[operation] = counted.get(operation, 0) + 1
    return dict(sorted(counted.items()))


def _changes(operation: Operation, observed: Observed) -> list[Change]:
    """What the engine planned at a preview, what it carried out at an update."""
    carried_out = observed.done if operation is Operation.UPDATE else observed.steps.keys()
    return [
        Change(operation=step.operation, urn=step.urn, properties=step.properties)
        for urn, step in sorted(observed.steps.items())
        if step.operation != SAME and (step.operation != REFRESH or step.properties) and urn in carried_out
    ]
