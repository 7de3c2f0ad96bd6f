"""What `soc2 preview` and `soc2 up` have in common: everything from the options to the exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from soc2_guardrails.engine import Engine, EngineUnavailableError, search
from soc2_guardrails.engine.search import MINIMUM
from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import Emergency, Operation, Result
from soc2_guardrails.evidence.signing import Signer, signer_of
from soc2_guardrails.evidence.stores import Store
from soc2_guardrails.evidence.stores.opening import open_store
from soc2_guardrails.runs.base import Base
from soc2_guardrails.runs.engine_arguments import checked
from soc2_guardrails.runs.findings import Finding, Kind, findings_of, of_kind
from soc2_guardrails.runs.history import history_of, last_update
from soc2_guardrails.runs.judging_pack import JudgingPack
from soc2_guardrails.runs.observed import SAME
from soc2_guardrails.runs.origins import Origins
from soc2_guardrails.runs.phases import SANDBOX, Job, PhaseRun, engine_environment
from soc2_guardrails.runs.project import PulumiProject
from soc2_guardrails.runs.provenance import provenance_of
from soc2_guardrails.runs.recording import Place as RunPlace
from soc2_guardrails.runs.recording import Recording
from soc2_guardrails.runs.run_folder import new_run
from soc2_guardrails.runs.running import Finished, Onlooker, Order, carry_out
from soc2_guardrails.terminal import printable

from .consoles import err, out, print_json
from .exits import Exit
from .place import Place, place_of
from .progress import PAST, Progress
from .verdict_display import counted, show_findings

if TYPE_CHECKING:
    from soc2_guardrails.evidence.predicates import Earlier

STATE: Final = ".soc2"
_SHOWN_OUTPUT_LINES: Final = 40
CODES: Final = {
    Result.SUCCEEDED: Exit.FINE,
    Result.REFUSED: Exit.REFUSED,
    Result.FAILED: Exit.COULD_NOT_RUN,
    Result.DECLINED: Exit.COULD_NOT_RUN,
    Result.INTERRUPTED: Exit.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    operation: Operation
    stack: str | None
    policy_pack: Path | None
    policy_pack_config: Path | None
    base: Path | None
    as_json: bool
    yes: bool = False
    held_to_plan: bool = True
    emergency: Emergency | None = None


def judged_run(context: typer.Context, options: Options) -> int:
    """Runs the engine under the pack, shows what came of it, and gives the exit code.

    Raises:
        RunError, EngineError, SettingsError, EvidenceError, StoreError: nothing was started; each says why.
    """
    arguments = checked(context.args)
    place = place_of(context)
    workspace = place.workspace
    environment = dict(os.environ)
    engine = engine_here()
    project = PulumiProject.read(place.project)
    pack = pack_of(place, options.policy_pack, options.policy_pack_config)
    reference = project.reference(engine, options.stack, engine_environment(environment))
    stack = reference.rpartition("/")[2]
    sandbox = bool(environment.get(SANDBOX))
    evidence = workspace.settings.evidence
    signer = signer_of(evidence.signing, workspace.root, environment)
    store = open_store(evidence.store, workspace.root)
    updates = Chain(store, ChainName(project.name, stack, "updates", sandbox=sandbox), signer)
    chain = updates
    if options.operation is Operation.PREVIEW:
        chain = Chain(store, ChainName(project.name, stack, "previews", sandbox=sandbox), signer)
    order = Order(
        run=new_run(),
        operation=options.operation,
        job=Job(engine, project.folder, project.name, stack, pack, arguments, environment, reference),
        sandbox=sandbox,
        provenance=provenance_of(project.folder, environment),
        emergency=options.emergency,
        held_to_plan=options.held_to_plan,
    )
    run_place = RunPlace.below(workspace.root / STATE)
    recording = Recording(chain, run_place, order.run)
    shown = _Shown(options, order, project, err if options.as_json else out)
    shown.announce()
    for line in recording.settle():
        shown.remark(line)
    shown.warn_of_emergencies(history_of(updates).unreviewed)
    shown.base = _base(options.base, updates)
    with shown.progress:
        finished = carry_out(
            order,
            recording,
            run_place,
            Onlooker(shown.progress.begins, shown.progress.sees, shown.judged, shown.confirms),
        )
    return shown.close(finished, store, signer)


def pack_of(place: Place, folder: Path | None, configuration: Path | None) -> JudgingPack:
    """The pack that judges: the one of the command line, else that of `soc2.yaml`; the digest is pinned for both.

    Raises:
        PackUnusable: it is no pack, or not the one that was pinned.
    """
    workspace = place.workspace
    return JudgingPack.of(
        (folder or workspace.pack).absolute(),
        configuration.absolute() if configuration else workspace.pack_configuration,
        workspace.settings.policy_pack.digest,
    )


def engine_here() -> Engine:
    """The CLI to run.

    Raises:
        EngineUnavailableError: there is none.
    """
    found = search()
    if found.engine is None:
        raise EngineUnavailableError(
            str(MINIMUM), [("on PATH and in .soc2/engine", "; ".join(found.rejected) or "none")]
        )
    return found.engine


def _base(file: Path | None, updates: Chain) -> Base | None:
    if file:
        return Base.of_file(file)
    phase = last_update(updates)
    return Base.of_record(phase, f"the last update in {updates.name.path}") if phase else None


class _Shown:
    """What a reader sees of one run."""

    def __init__(self, options: Options, order: Order, project: PulumiProject, console: Console) -> None:
        self.progress = Progress(console, order.job.stack)
        self.base: Base | None = None
        self._options = options
        self._order = order
        self._project = project
        self._console = console
        self._shown: frozenset[Finding] = frozenset()
        self._unreviewed: tuple[Earlier, ...] = ()

    def announce(self) -> None:
        """What is loud from the beginning."""
        if self._order.sandbox:
            self._loud("SANDBOX: an embedded account; nothing of this run is evidence", "bold cyan")
        if emergency := self._order.emergency:
            self._loud(
                f"EMERGENCY ({emergency.ticket}): no rule stops this run. What the rules find is reported and "
                "recorded, and the run stays open until `soc2 evidence review`",
                "bold white on red",
            )
            self._loud(f"Reason: {emergency.reason}", "bold red")
        for line in self._order.provenance.lacking:
            self.remark(line)

    def remark(self, line: str) -> None:
        """Something to know, in passing."""
        self._console.print(Text(printable(line), style="dim"))

    def warn_of_emergencies(self, unreviewed: tuple[Earlier, ...]) -> None:
        """Emergencies of this stack that nobody has reviewed."""
        self._unreviewed = unreviewed
        if unreviewed:
            runs = ", ".join(each.run for each in unreviewed)
            self._loud(
                f"An emergency of this stack is open until it is reviewed: {runs}. See `soc2 evidence review --help`",
                "bold red",
            )

    def judged(self, run: PhaseRun) -> None:
        """The verdict on the preview of an update."""
        self.progress.pause()
        if run.ended.interrupted:
            return
        findings = self._findings(run)
        show_findings(self._console, findings)
        self._shown = frozenset(findings)
        if not run.phase.evaluated:
            self._not_evaluated(run)
        elif not run.refused_by and not run.ended.exit_code:
            self._console.print()
            allowed = Text().append("Allowed at the preview: ", style="bold green")
            self._console.print(allowed.append(_changes(run.phase.changes, done=False)))

    def confirms(self, run: PhaseRun) -> bool:
        """Asks whoever is there whether the update shall go on."""
        self.progress.pause()
        if self._options.yes:
            return True
        question = f"Carry out this update of {self._order.job.project}/{self._order.job.stack}?"
        try:
            return typer.confirm(question, err=True)
        except typer.Abort:
            raise KeyboardInterrupt from None

    def close(self, finished: Finished, store: Store, signer: Signer) -> int:
        """Shows how it ended, and gives the exit code."""
        last = finished.phases[-1] if finished.phases else None
        findings = self._findings(last) if last else ()
        show_findings(self._console, [each for each in findings if each not in self._shown])
        if last:
            self._what_else(last, finished.result)
        code = CODES[finished.result]
        if finished.not_stored:
            code = Exit.COULD_NOT_RUN
            self._loud(str(finished.not_stored), "bold white on red")
        self._console.print()
        self._console.print(self._closing(finished, findings, store, signer))
        if self._options.as_json:
            print_json(self._as_json(finished, findings, store, signer, code))
        return code

    def _findings(self, run: PhaseRun) -> tuple[Finding, ...]:
        origins = Origins.of(self._project.stack_folder, self._project.folder, self._order.job.stack, run.observed)
        return findings_of(run, origins, self.base)

    def _what_else(self, run: PhaseRun, result: Result) -> None:
        phase = run.phase
        if not phase.evaluated:
            self._not_evaluated(run)
        if result is Result.FAILED and not any(each.severity == "error" for each in run.observed.diagnostics):
            for line in run.ended.output.splitlines()[-_SHOWN_OUTPUT_LINES:]:
                self._console.print(Text(printable(f"    {line}")))
        if phase.not_judged:
            self._console.print()
            self._console.print(Text("Not judged:", style="bold"))
            for each in phase.not_judged:
                self._console.print(Text(printable(f"  {each}")))
        if phase.operation is Operation.UPDATE and run.observed.outputs:
            self._console.print()
            self._console.print(Text("Outputs:", style="bold"))
            for name, value in sorted(run.observed.outputs.items()):
                self._console.print(
                    Text(printable(f"    {name}: {value if isinstance(value, str) else json.dumps(value)}"))
                )

    def _not_evaluated(self, run: PhaseRun) -> None:
        self._loud(f"NOT EVALUATED, the {run.phase.operation.value}: {run.phase.why_not}", "bold red")

    def _closing(self, finished: Finished, findings: tuple[Finding, ...], store: Store, signer: Signer) -> Text:
        style = {Exit.FINE: "bold green", Exit.REFUSED: "bold red"}.get(CODES[finished.result], "bold yellow")
        word = "ALLOWED" if finished.result is Result.SUCCEEDED else finished.result.value.upper()
        if finished.result is Result.SUCCEEDED and self._order.operation is Operation.UPDATE:
            word = "CARRIED OUT"
        line = Text().append(word, style=style)
        told = []
        if self._order.emergency:
            told.append("as an EMERGENCY that is open until it is reviewed")
        if finished.why:
            told.append(finished.why)
        if finished.phases:
            phase = finished.phases[-1].phase
            told.append(_changes(phase.changes, done=phase.operation is Operation.UPDATE))
            told.append(counted(findings, Kind.VIOLATION))
            if of_kind(findings, Kind.ADVISORY):
                told.append(counted(findings, Kind.ADVISORY))
            if deferred := len(of_kind(findings, Kind.DEFERRED)):
                told.append(f"{deferred} deferred to the update")
        line.append(printable(": " + "; ".join(told) + "."))
        where = finished.outcome or finished.intent
        line.append(printable(f" Record {where.name} in {store.described()}, "))
        line.append(
            printable(
                f"signed by {signer.described()}." if signer.signs else "UNSIGNED: it does not prove who wrote it."
            ),
            style="" if signer.signs else "bold yellow",
        )
        if self._order.sandbox:
            line.append(" SANDBOX: no evidence.", style="bold cyan")
        return line

    def _as_json(
        self, finished: Finished, findings: tuple[Finding, ...], store: Store, signer: Signer, code: Exit
    ) -> Mapping[str, Any]:
        record = finished.outcome
        phases = [each.phase for each in finished.phases]
        last = phases[-1] if phases else None
        return {
            "format": 1,
            "run": self._order.run,
            "operation": self._order.operation.value,
            "project": self._order.job.project,
            "stack": self._order.job.stack,
            "sandbox": self._order.sandbox,
            "result": finished.result.value,
            "why": finished.why,
            "exitCode": int(code),
            "evaluated": bool(phases) and all(each.evaluated for each in phases),
            "notEvaluated": [f"{each.operation.value}: {each.why_not}" for each in phases if not each.evaluated],
            "findings": [each.as_json() for each in findings],
            "notJudged": list(last.not_judged) if last else [],
            "changes": dict(last.changes) if last else {},
            "planned": [each.model_dump(mode="json", by_alias=True) for each in last.planned] if last else [],
            "errors": [
                {"urn": each.urn, "message": each.message}
                for run in finished.phases
                for each in run.observed.diagnostics
                if each.severity == "error"
            ],
            "base": self.base.told_by if self.base else None,
            "emergency": self._order.emergency.model_dump(by_alias=True) if self._order.emergency else None,
            "unreviewedEmergencies": [each.run for each in self._unreviewed],
            "pack": self._order.job.pack.identity.model_dump(by_alias=True),
            "record": {
                "store": store.described(),
                "intent": finished.intent.name,
                "outcome": record.name if record else None,
                "digest": record.digest if record else None,
                "signed": signer.signs,
                "signer": signer.described(),
                "unstored": str(finished.not_stored.file) if finished.not_stored else None,
            },
        }

    def _loud(self, text: str, style: str) -> None:
        for line in text.split("\n"):
            self._console.print(Text(printable(line), style=style))


def require_somebody_to_ask(options: Options) -> None:
    """An update is confirmed by somebody, or by `--yes`.

    Raises:
        typer.BadParameter: there is neither.
    """
    if not options.yes and not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask on; say --yes to carry out what is allowed")


def _changes(changes: Mapping[str, int], *, done: bool) -> str:
    told = [
        f"{count} {PAST.get(operation, operation)}" if done else f"{count} to {operation}"
        for operation, count in sorted(changes.items())
        if operation != SAME
    ]
    if same := changes.get(SAME, 0):
        told.append(f"{same} unchanged")
    return ", ".join(told) or "no changes"
