"""`soc2 evidence`: what was recorded, whether it can be believed, and the review of emergencies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from soc2_guardrails.evidence.chain import Chain, ChainName, Entry, chains_in
from soc2_guardrails.evidence.overview import overview_of
from soc2_guardrails.evidence.predicates import TYPE_OF
from soc2_guardrails.evidence.report import Anchor
from soc2_guardrails.evidence.signing import Trust, signer_of
from soc2_guardrails.evidence.signing.keyed import read_public_key
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores import Store
from soc2_guardrails.evidence.stores.folder import Folder
from soc2_guardrails.evidence.stores.opening import open_store
from soc2_guardrails.evidence.verification import verify as verify_store
from soc2_guardrails.runs.provenance import provenance_of
from soc2_guardrails.runs.reviewing import NotIndependent, NotReviewable, review_emergency
from soc2_guardrails.workspace import Identity

from .consoles import cell, err, out, print_json
from .evidence_shown import show_chain, show_record, show_report
from .exits import Exit
from .options import Json
from .place import place_of

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)

evidence_app = typer.Typer(
    no_args_is_help=True,
    help="The records of all runs: what they say, whether they can be believed, and the review of emergencies.",
    epilog="Examples:\n\n  soc2 evidence list\n\n  soc2 evidence show RUN\n\n  soc2 evidence verify\n\n"
    "  soc2 evidence verify shop/production/updates --folder evidence --key public.pem --head 42:sha256:HEX",
)

Chains: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CHAIN",
        help="PROJECT/STACK/updates or PROJECT/STACK/previews, after sandbox/ for the sandbox's; all unless given.",
    ),
]
RecordsFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A folder of records, such as an auditor's copy, in place of the store that soc2.yaml names.",
    ),
]


@evidence_app.command("list")
def list_runs(
    context: typer.Context,
    chains: Chains = None,
    folder: RecordsFolder = None,
    number: Annotated[int, typer.Option("--last", min=1, help="How many runs of each chain, the newest.")] = 20,
    as_json: Json = False,
) -> None:
    """List the runs, what is open, and emergencies that wait for a review.

    It shows what the records say. Whether that can be believed is for `soc2 evidence verify`.
    """
    store = _store(context, folder)
    overviews = [overview_of(Chain(store, name, Unsigned()), number) for name in _names(chains) or chains_in(store)]
    if as_json:
        print_json([overview.as_json() for overview in overviews])
        return
    if not overviews:
        out.print(cell(f"There are no records in {store.described()}."))
        return
    for overview in overviews:
        show_chain(overview)
    out.print("What they say is shown as it is; `soc2 evidence verify` tells whether it can be believed.")


@evidence_app.command()
def show(
    context: typer.Context,
    asked: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the name or digest of a record.")],
    folder: RecordsFolder = None,
    everything: Annotated[bool, typer.Option("--all", help="Also decisions that passed or did not apply.")] = False,
    as_json: Json = False,
) -> None:
    """Show the records of one run: its intent, its outcome, and the review of an emergency."""
    store = _store(context, folder)
    entries = _asked(store, asked)
    if as_json:
        print_json([_document(entry) for entry in entries])
    else:
        for entry in entries:
            show_record(entry, everything)
    if not entries:
        err.print(cell(f"{store.described()} holds no record of {asked}. `soc2 evidence list` shows what it holds."))
        raise typer.Exit(Exit.COULD_NOT_RUN)


@evidence_app.command()
def verify(
    context: typer.Context,
    chains: Chains = None,
    *,
    folder: RecordsFolder = None,
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--key",
            metavar="PEM",
            exists=True,
            dir_okay=False,
            help="A public key to believe; may be repeated, as after a rotation. In place of those of soc2.yaml.",
        ),
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A keyless identity to believe, as in its certificate: a workflow's URL or an address."
        ),
    ] = None,
    issuer: Annotated[str | None, typer.Option(metavar="URL", help="The OIDC issuer of --identity.")] = None,
    trust_root: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A Sigstore trusted root; else the public one."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="ANCHOR",
            help="A record known from elsewhere that one chain has to hold, as SEQUENCE:sha256:HEX or sha256:HEX.",
        ),
    ] = None,
    packs: Annotated[
        list[str] | None,
        typer.Option("--pack-digest", metavar="sha256:HEX", help="A policy pack that may have judged; repeatable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify signatures, the chain, gaps, heads, outcomes, pack digests, and that no byte is other than written.

    Exit code 0 if there is evidence and all of it is verified; 1 if anything is not, if nobody signed it, if there is
    none, or if this could not run. Records of the sandbox are checked, and never count as evidence.
    """
    trust = _trust(context, keys, identity, issuer, trust_root)
    names, accepted = _names(chains), _digests(packs or ())
    try:
        report = verify_store(_store(context, folder), trust, names, Anchor.parse(head) if head else None, accepted)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--head") from error
    if as_json:
        print_json(report.as_json())
    else:
        show_report(report)
    if not report.verified:
        raise typer.Exit(Exit.COULD_NOT_RUN)


@evidence_app.command()
def review(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The emergency's run.")],
    conclusion: Annotated[str, typer.Option(metavar="TEXT", help="What came of it, for the auditor. No secrets.")],
    own: Annotated[bool, typer.Option("--own", help="Record it although you ran the emergency yourself.")] = False,
    as_json: Json = False,
) -> None:
    """Close an emergency with a signed review. It is for somebody else than who ran it: exit code 2 if it is not."""
    if not conclusion.strip():
        raise typer.BadParameter("say what came of it", param_hint="--conclusion")
    place = place_of(context)
    evidence = place.workspace.settings.evidence
    store = _store(context, None)
    signer = signer_of(evidence.signing, place.workspace.root, os.environ)
    provenance = provenance_of(place.project, os.environ)
    for lacking in provenance.lacking:
        err.print(cell(lacking, "yellow"))
    name = next((chain for chain, entry in _walk(store) if entry.predicate.run == run), None)
    if name is None:
        raise NotReviewable(f"{store.described()} holds no run {run}. `soc2 evidence list` shows what it holds")
    try:
        entry = review_emergency(Chain(store, name, signer), run, provenance.actors, conclusion, own=own)
    except NotIndependent as error:
        err.print(cell(str(error), "bold red"))
        raise typer.Exit(Exit.REFUSED) from error
    if not signer.signs:
        err.print(cell("This review is not signed: it is no evidence. State a key in soc2.yaml.", "bold red"))
    if as_json:
        print_json(_document(entry))
    else:
        out.print(cell(f"The emergency {run} is closed by {entry.name}, signed by {signer.described()}."))


def _store(context: typer.Context, folder: Path | None) -> Store:
    if folder is not None:
        return Folder(folder)
    workspace = place_of(context).workspace
    return open_store(workspace.settings.evidence.store, workspace.root)


def _trust(
    context: typer.Context, keys: Sequence[Path] | None, identity: str | None, issuer: str | None, root: Path | None
) -> Trust:
    if (identity is None) != (issuer is None):
        raise typer.BadParameter("an identity is only one with its issuer: give both", param_hint="--identity")
    if keys or identity:
        identities = [Identity(identity=identity, issuer=issuer)] if identity and issuer else []
        return Trust([read_public_key(key) for key in keys or ()], identities, root)
    workspace = place_of(context).workspace
    stated = workspace.settings.evidence.trust
    if root is not None:
        stated = stated.model_copy(update={"trust_root": root.absolute()})
    return Trust.stated(stated, workspace.root)


def _names(chains: Sequence[str] | None) -> list[ChainName]:
    try:
        return [ChainName.parse(chain.strip("/")) for chain in chains or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="CHAIN") from error


def _digests(packs: Sequence[str]) -> frozenset[str]:
    for pack in packs:
        if not _DIGEST.fullmatch(pack):
            raise typer.BadParameter(f"{pack!r} is not sha256:HEX", param_hint="--pack-digest")
    return frozenset(packs)


def _walk(store: Store) -> Iterator[tuple[ChainName, Entry]]:
    for name in chains_in(store):
        for entry in Chain(store, name, Unsigned()).entries():
            yield name, entry


def _asked(store: Store, asked: str) -> list[Entry]:
    return [entry for _, entry in _walk(store) if asked in {entry.predicate.run, entry.name, entry.digest}]


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "digest": entry.digest,
        "signed": entry.signed,
        "type": TYPE_OF[type(entry.predicate)],
        "predicate": entry.predicate.model_dump(mode="json", by_alias=True),
    }
