"""`soc2 judge` and `soc2 compare`: a planned state judged again, and held against what was reviewed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import Commit
from soc2_guardrails.evidence.signing import signer_of
from soc2_guardrails.evidence.stores.opening import open_store
from soc2_guardrails.runs.base import Base
from soc2_guardrails.runs.comparison import compare as differences
from soc2_guardrails.runs.findings import Finding, Kind, findings_of
from soc2_guardrails.runs.judged_record import JudgedRun, judge_on_record
from soc2_guardrails.runs.judging import Judgement
from soc2_guardrails.runs.judging import judge as judged
from soc2_guardrails.runs.judging_pack import JudgingPack
from soc2_guardrails.runs.origins import Origins
from soc2_guardrails.runs.planned import PlannedState, UnreadablePlan, read_planned
from soc2_guardrails.runs.project import PulumiProject
from soc2_guardrails.runs.provenance import provenance_of
from soc2_guardrails.runs.recording import Place as RunPlace
from soc2_guardrails.runs.recording import Recording
from soc2_guardrails.runs.report import RunReport, ToldRecord, told
from soc2_guardrails.runs.run_folder import new_run
from soc2_guardrails.terminal import printable

from .consoles import err, print_json
from .exits import Exit, code_of
from .judged_run import STATE, pack_of
from .options import Json, PolicyPack, PolicyPackConfig
from .place import Place, place_of
from .verdict_display import counted, show_findings, show_not_judged, switched_off

Planned = Annotated[Path, typer.Argument(metavar="PLANNED", help="What `soc2 preview --planned FILE` wrote.")]


JUDGE_EXAMPLES: Final = (
    "Examples:\n\n"
    "  soc2 preview --stack shop --planned planned.json   (one job, with the program)\n\n"
    "  soc2 judge planned.json --stack shop               (another job, without it)"
)


def judge(
    context: typer.Context,
    planned: Planned,
    *,
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack that the plan has to be of.")],
    base: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A --json of before the change: says what is new.")
    ] = None,
    stack_files: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Checkout of the change, whose stack file is read to name lines. Never run."),
    ] = None,
    commit: Annotated[str, typer.Option(metavar="SHA", help="The commit that was planned.")] = "",
    record: Annotated[
        bool, typer.Option("--record/--no-record", help="Leave a record in the stack's chain of previews.")
    ] = True,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="It was planned on an embedded account, whatever the file says.")
    ] = False,
    policy_pack: PolicyPack = None,
    policy_pack_config: PolicyPackConfig = None,
    as_json: Json = False,
) -> Exit:
    """Judge a planned state again, with a pack process of its own and without the program that made the plan.

    Exit code 0: allowed. 2: refused. 1: the file cannot be judged.
    """
    place = place_of(context)
    state = _read(place, planned, stack)
    pack = pack_of(place, policy_pack, policy_pack_config)
    embedded = sandbox or state.sandbox
    known = Base.of_file(base) if base else None
    where: ToldRecord | None = None
    if record:
        judgement, where = _on_record(place, state, pack, commit, sandbox=embedded)
    else:
        judgement = judged(state, pack)
    findings = findings_of(judgement, _origins(stack_files, stack, judgement), known)
    report = _report(state, pack, judgement, findings, commit).model_copy(update={"record": where, "sandbox": embedded})
    if as_json:
        print_json(report.model_dump(mode="json", by_alias=True))
    show_findings(err, findings)
    show_not_judged(err, report.not_judged)
    for each in report.not_evaluated:
        err.print(Text(printable(f"NOT EVALUATED: {each}"), style="bold red"))
    err.print()
    kept = f"Record {where.outcome} in {where.store}." if where else "No record."
    told_of = [counted(findings, Kind.VIOLATION), switched_off(judgement.phase.disabled)]
    err.print(Text(printable(f"{report.result.value.upper()}: {'; '.join(filter(None, told_of))}. {kept}")))
    return code_of(report.result)


COMPARE_EXAMPLES: Final = "Example: soc2 compare reviewed.json planned.json"


def compare(
    reviewed: Annotated[Path, typer.Argument(metavar="REVIEWED", help="The planned state that was reviewed.")],
    planned: Planned,
    as_json: Json = False,
) -> Exit:
    """Hold a planned state against the one that was reviewed.

    Exit code 0: nothing happens that was not reviewed. 3: something does; it is listed. 1: a file cannot be read.
    """
    before, after = read_planned(reviewed), read_planned(planned)
    if (before.project, before.stack) != (after.project, after.stack):
        raise UnreadablePlan(
            f"{reviewed}: is of {printable(f'{before.project}/{before.stack}')}, and {planned} of "
            f"{printable(f'{after.project}/{after.stack}')}\nmend: compare plans of one stack"
        )
    found = differences(before, after)
    if as_json:
        print_json([{"urn": each.urn, "operation": each.operation, "what": each.what} for each in found])
    for each in found:
        err.print(printable(f"{each.urn.split('::', 3)[-1]}: {each.what}"), markup=False)
    if not found:
        err.print("Nothing happens that was not reviewed.")
        return Exit.FINE
    err.print("This is not what was reviewed: have it approved, or have it reviewed again.")
    return Exit.DRIFT


def _read(place: Place, planned: Path, stack: str) -> PlannedState:
    state = read_planned(planned)
    project = PulumiProject.read(place.project)
    if (state.project, state.stack) != (project.name, stack):
        raise UnreadablePlan(
            f"{planned}: is of {printable(f'{state.project}/{state.stack}')}, and not of {project.name}/{stack}\n"
            "mend: preview the stack that is to be judged"
        )
    return state


def _on_record(
    place: Place, state: PlannedState, pack: JudgingPack, commit: str, *, sandbox: bool
) -> tuple[Judgement, ToldRecord]:
    environment = dict(os.environ)
    workspace = place.workspace
    evidence = workspace.settings.evidence
    signer = signer_of(evidence.signing, workspace.root, environment)
    store = open_store(evidence.store, workspace.root)
    name = ChainName(state.project, state.stack, "previews", sandbox=sandbox)
    provenance = provenance_of(place.project, environment)
    if commit:
        # What is checked out here are the rules; the plan is of another commit.
        own = provenance.commit or Commit(sha=commit, dirty=False)
        provenance = replace(provenance, commit=Commit(sha=commit, dirty=False, repository=own.repository))
    run = JudgedRun(new_run(), state, pack, provenance, sandbox)
    run_place = RunPlace.below(workspace.root / STATE)
    recording = Recording(Chain(store, name, signer), run_place, run.run)
    for line in (*provenance.lacking, *recording.settle()):
        err.print(Text(printable(line), style="dim"))
    judgement, entry = judge_on_record(run, recording, run_place, lambda: judged(state, pack))
    if not signer.signs:
        err.print(Text("The record is UNSIGNED: it does not prove who wrote it.", style="bold yellow"))
    return judgement, ToldRecord(store=store.described(), outcome=entry.name)


def _origins(checkout: Path | None, stack: str, judgement: Judgement) -> Origins:
    if checkout is None:
        return Origins(None, "", judgement.observed)
    project = PulumiProject.read(checkout)
    return Origins.of(project.stack_folder, checkout, stack, judgement.observed)


def _report(
    state: PlannedState, pack: JudgingPack, judgement: Judgement, findings: Sequence[Finding], commit: str
) -> RunReport:
    phase = judgement.phase
    return RunReport(
        operation=phase.operation,
        project=state.project,
        stack=state.stack,
        sandbox=state.sandbox,
        result=judgement.result,
        evaluated=phase.evaluated,
        not_evaluated=() if phase.evaluated else (phase.why_not,),
        findings=told(findings),
        not_judged=phase.not_judged,
        changes=phase.changes,
        planned=phase.planned,
        pack=pack.identity,
        commit=commit,
        plan=state.digest,
    )
