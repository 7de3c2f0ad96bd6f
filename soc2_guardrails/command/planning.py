"""`soc2 preview --planned`: a preview for others to judge. It leaves no record, since it runs beside the program."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import typer
from rich.text import Text

from soc2_guardrails.evidence.predicates import Operation, Result
from soc2_guardrails.runs.engine_arguments import checked, is_partial
from soc2_guardrails.runs.findings import Kind, findings_of
from soc2_guardrails.runs.origins import Origins
from soc2_guardrails.runs.phases import Job, engine_environment, run_phase
from soc2_guardrails.runs.project import PulumiProject
from soc2_guardrails.runs.recording import Place as RunPlace
from soc2_guardrails.runs.run_folder import RunFolder, new_run
from soc2_guardrails.terminal import printable

from .consoles import err
from .exits import Exit, code_of
from .judged_run import STATE, engine_here, pack_of
from .place import place_of
from .progress import Progress
from .verdict_display import counted, show_findings, switched_off


def plan(
    context: typer.Context, planned: Path, stack: str | None, pack: Path | None, configuration: Path | None
) -> Exit:
    """Previews a stack under the pack and writes what was planned, whether it is allowed or refused.

    Raises:
        RunError, PackError, EngineError, SettingsError: nothing was planned; each says why.
    """
    arguments = checked(context.args)
    if is_partial(arguments):
        raise typer.BadParameter("--planned takes the whole stack: leave out --target and --exclude")
    place = place_of(context)
    environment = dict(os.environ)
    project = PulumiProject.read(place.project)
    judging = pack_of(place, pack, configuration)
    engine = engine_here()
    reference = project.reference(engine, stack, engine_environment(environment))
    name = reference.rpartition("/")[2]
    job = Job(engine, project.folder, project.name, name, judging, arguments, environment, reference)
    progress = Progress(err, name)
    with RunFolder(RunPlace.below(place.workspace.root / STATE).runs, new_run()) as folder, progress:
        progress.begins(Operation.PREVIEW)
        run = run_phase(job, Operation.PREVIEW, folder, progress.sees, planned=planned.absolute())
    findings = findings_of(run, Origins.of(project.stack_folder, project.folder, name, run.observed), None)
    show_findings(err, findings)
    result = run.result
    if not run.phase.evaluated:
        err.print(Text(printable(f"NOT EVALUATED: {run.phase.why_not}"), style="bold red"))
        result = Result.FAILED if result is Result.SUCCEEDED else result
    if result is Result.FAILED and not any(each.severity == "error" for each in run.observed.diagnostics):
        for line in run.ended.errors.splitlines()[-_SHOWN_LINES:]:
            err.print(Text(printable(f"    {line}")))
    err.print()
    told = [counted(findings, Kind.VIOLATION), switched_off(run.phase.disabled)]
    err.print(Text(printable(f"{result.value.upper()}: {'; '.join(filter(None, told))}. No record: {_WHY}")))
    return code_of(result)


_SHOWN_LINES: Final = 40
_WHY: Final = "this is for `soc2 judge`, which leaves one."
