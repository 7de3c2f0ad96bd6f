"""`soc2 waivers`: who accepted which violations until when, judged by the pack itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.text import Text

from soc2_guardrails.packs.waivers import Examined, StatedWaiver, examine

from .consoles import cell, out, print_json
from .exits import Exit
from .options import Json, PolicyPack, PolicyPackConfig
from .place import place_of

_SOON_DAYS = 14

waivers_app = typer.Typer(
    no_args_is_help=True,
    help="The waivers of the policy configuration: who accepted which violations until when.",
    epilog="Examples:\n\n  soc2 waivers list\n\n  soc2 waivers check --policy-pack-config policy.json",
)


@waivers_app.command("list")
def list_waivers(
    context: typer.Context,
    policy_pack: PolicyPack = None,
    policy_pack_config: PolicyPackConfig = None,
    as_json: Json = False,
) -> None:
    """List the waivers with what is left of them; what is wrong with one stands below it."""
    examined = _examined(context, policy_pack, policy_pack_config)
    if as_json:
        print_json([asdict(waiver) for waiver in examined.waivers] if examined else [])
    elif examined is None:
        out.print(_NONE, markup=False)
    else:
        _show(examined)


@waivers_app.command()
def check(
    context: typer.Context,
    policy_pack: PolicyPack = None,
    policy_pack_config: PolicyPackConfig = None,
    as_json: Json = False,
) -> None:
    """Let the pack judge its configuration.

    Exit code 2 if a waiver is expired, too long or too wide, 1 if the pack cannot read the configuration.
    """
    examined = _examined(context, policy_pack, policy_pack_config)
    if as_json:
        print_json(
            {
                "file": str(examined.file) if examined else None,
                "sound": examined is None or examined.sound,
                "readable": examined is None or examined.readable,
                "waivers": [asdict(waiver) for waiver in examined.waivers] if examined else [],
                "faults": list(examined.faults) if examined else [],
            }
        )
    elif examined is None:
        out.print(_NONE, markup=False)
    else:
        _tell(examined)
    if examined and not examined.sound:
        raise typer.Exit(Exit.REFUSED if examined.readable else Exit.COULD_NOT_RUN)


_NONE = "There are no waivers: soc2.yaml names no policyPack.configuration, and no --policy-pack-config is given."


def _examined(context: typer.Context, pack: Path | None, configuration: Path | None) -> Examined | None:
    if configuration is None or pack is None:
        workspace = place_of(context).workspace
        pack = pack or workspace.pack
        configuration = configuration or workspace.pack_configuration
    return examine(pack, configuration) if configuration else None


def _show(examined: Examined) -> None:
    if not examined.waivers:
        out.print("There are no waivers.")
    for waiver in examined.waivers:
        dates = cell(f"{waiver.opened} to {waiver.expires}")
        out.print(cell(waiver.ticket, "bold"), cell(waiver.approver), dates, _left(waiver), sep="  ")
        out.print(cell(f"  {waiver.reason}"))
        out.print(cell(f"  {', '.join(waiver.rules)} on {', '.join(waiver.urns)}"))
        _faults(waiver.faults, "  ")
    if examined.faults:
        out.print(cell(f"{examined.file}:", "bold"))
        _faults(examined.faults, "  ")


def _left(waiver: StatedWaiver) -> Text:
    if waiver.faults:
        return cell("waives nothing", "red")
    days = waiver.days_left
    if days is None:
        return cell("")
    told = "last day" if days == 0 else f"{days} {'day' if days == 1 else 'days'} left"
    return cell(told, "yellow" if days <= _SOON_DAYS else "")


def _tell(examined: Examined) -> None:
    faults = [*(fault for waiver in examined.waivers for fault in waiver.faults), *examined.faults]
    if faults:
        count = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"
        how = count if examined.readable else f"the pack cannot read it: {count}"
        out.print(cell(f"{examined.file}: {how}", "bold"))
    _faults(faults, "  ")
    if examined.silenced:
        out.print("The configuration makes advisories of these: the policy `pack` is not mandatory there.")
    if examined.sound:
        number = len(examined.waivers)
        out.print(f"The configuration is sound: {number} {'waiver' if number == 1 else 'waivers'}.")


def _faults(faults: Sequence[str], indent: str = "") -> None:
    for fault in faults:
        first, *others = fault.splitlines()
        out.print(cell(f"{indent}{first}", "red"))
        for line in others:
            out.print(cell(f"{indent}  {line}"))
