"""What a reader sees of one run: what is loud, how the engine goes on, the verdict, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import typer
from rich.text import Text

from soc2_guardrails.evidence.predicates import Operation, Result
from soc2_guardrails.runs.findings import Finding, Kind, findings_of, of_kind
from soc2_guardrails.runs.observed import SAME
from soc2_guardrails.runs.origins import Origins
from soc2_guardrails.terminal import printable

from .consoles import print_json
from .exits import Exit, code_of
from .progress import PAST, Progress
from .run_document import document
from .verdict_display import counted, show_findings, show_not_judged, switched_off

if TYPE_CHECKING:
    from rich.console import Console

    from soc2_guardrails.evidence.predicates import Earlier
    from soc2_guardrails.evidence.signing import Signer
    from soc2_guardrails.evidence.stores import Store
    from soc2_guardrails.runs.base import Base
    from soc2_guardrails.runs.phases import PhaseRun
    from soc2_guardrails.runs.project import PulumiProject
    from soc2_guardrails.runs.running import Finished, Order

_SHOWN_OUTPUT_LINES: Final = 40


class RunShown:
    """Shows one run on a console.

    Attributes:
        progress: of the engine.
        base: what findings are compared with; None for nothing.
    """

    def __init__(
        self, order: Order, project: PulumiProject, console: Console, *, confirmed: bool, as_json: bool
    ) -> None:
        self.progress = Progress(console, order.job.stack)
        self.base: Base | None = None
        self._confirmed = confirmed
        self._as_json = as_json
        self._order = order
        self._project = project
        self._console = console
        self._shown: frozenset[Finding] = frozenset()
        self._unreviewed: tuple[Earlier, ...] = ()
        self._judged: PhaseRun | None = None

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
        self._shown, self._judged = frozenset(findings), run
        if not run.phase.evaluated:
            self._not_evaluated(run)
        elif not run.refused_by and not run.ended.exit_code:
            self._console.print()
            allowed = Text().append("Allowed at the preview: ", style="bold green")
            self._console.print(allowed.append(_changes(run.phase.changes, done=False)))

    def confirms(self, run: PhaseRun) -> bool:
        """Asks whoever is there whether the update shall go on."""
        self.progress.pause()
        if self._confirmed:
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
        code = code_of(finished.result)
        if finished.not_stored:
            code = Exit.COULD_NOT_RUN
            self._loud(str(finished.not_stored), "bold white on red")
        self._console.print()
        self._console.print(self._closing(finished, findings, store, signer))
        if self._as_json:
            told = document(
                self._order,
                finished,
                findings,
                base=self.base,
                unreviewed=self._unreviewed,
                store=store,
                signer=signer,
                code=code,
            )
            print_json(told)
        return code

    def _findings(self, run: PhaseRun) -> tuple[Finding, ...]:
        origins = Origins.of(self._project.stack_folder, self._project.folder, self._order.job.stack, run.observed)
        return findings_of(run, origins, self.base)

    def _what_else(self, run: PhaseRun, result: Result) -> None:
        phase = run.phase
        if not phase.evaluated and run is not self._judged:
            self._not_evaluated(run)
        failed = result is Result.FAILED and run.ended.exit_code
        if failed and not any(each.severity == "error" for each in run.observed.diagnostics):
            for line in run.ended.output.splitlines()[-_SHOWN_OUTPUT_LINES:]:
                self._console.print(Text(printable(f"    {line}")))
        show_not_judged(self._console, phase.not_judged)
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
        style = {Exit.FINE: "bold green", Exit.REFUSED: "bold red"}.get(code_of(finished.result), "bold yellow")
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
            if off := switched_off(phase.disabled):
                told.append(off)
        line.append(printable(": " + "; ".join(told) + "."))
        where = finished.outcome or finished.intent
        line.append("\n")
        line.append(printable(f"Record {where.name} in {store.described()}, {where.sequence}:{where.digest}, "))
        line.append(
            printable(
                f"signed by {signer.described()}." if signer.signs else "UNSIGNED: it does not prove who wrote it."
            ),
            style="" if signer.signs else "bold yellow",
        )
        if self._order.sandbox:
            line.append(" SANDBOX: no evidence.", style="bold cyan")
        return line

    def _loud(self, text: str, style: str) -> None:
        for line in text.split("\n"):
            self._console.print(Text(printable(line), style=style))


def _changes(changes: Mapping[str, int], *, done: bool) -> str:
    told = [
        f"{count} {PAST.get(operation, operation)}" if done else f"{count} to {operation}"
        for operation, count in sorted(changes.items())
        if operation != SAME
    ]
    if same := changes.get(SAME, 0):
        told.append(f"{same} unchanged")
    return ", ".join(told) or "no changes"
