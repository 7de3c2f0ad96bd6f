"""What `soc2 preview` and `soc2 up` have in common: everything from the options to the exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from soc2_guardrails.engine import Engine, EngineUnavailableError, search
from soc2_guardrails.engine.search import MINIMUM
from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import Emergency, Operation
from soc2_guardrails.evidence.signing import signer_of
from soc2_guardrails.evidence.stores.opening import open_store
from soc2_guardrails.packs import require_readable
from soc2_guardrails.runs.base import Base
from soc2_guardrails.runs.engine_arguments import checked
from soc2_guardrails.runs.history import history_of, last_update
from soc2_guardrails.runs.judging_pack import JudgingPack
from soc2_guardrails.runs.phases import SANDBOX, Job, engine_environment
from soc2_guardrails.runs.project import PulumiProject
from soc2_guardrails.runs.provenance import provenance_of
from soc2_guardrails.runs.recording import Place as RunPlace
from soc2_guardrails.runs.recording import Recording
from soc2_guardrails.runs.run_folder import new_run
from soc2_guardrails.runs.running import Onlooker, Order, carry_out

from .consoles import err, out
from .place import Place, place_of
from .run_shown import RunShown

STATE: Final = ".soc2"


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
        RunError, PackError, EngineError, SettingsError, EvidenceError, StoreError: nothing was started; each says why.
    """
    arguments = checked(context.args)
    place = place_of(context)
    workspace = place.workspace
    environment = dict(os.environ)
    project = PulumiProject.read(place.project)
    pack = pack_of(place, options.policy_pack, options.policy_pack_config)
    engine = engine_here()
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
    shown = RunShown(order, project, err if options.as_json else out, confirmed=options.yes, as_json=options.as_json)
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
        PackError: it does not start, or cannot read its configuration.
    """
    workspace = place.workspace
    pack = JudgingPack.of(
        (folder or workspace.pack).absolute(),
        configuration.absolute() if configuration else workspace.pack_configuration,
        workspace.settings.policy_pack.digest,
    )
    if pack.configuration:
        require_readable(pack.folder, pack.configuration)
    return pack


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


def require_somebody_to_ask(options: Options) -> None:
    """An update is confirmed by somebody, or by `--yes`.

    Raises:
        typer.BadParameter: there is neither.
    """
    if not options.yes and not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask on; say --yes to carry out what is allowed")
