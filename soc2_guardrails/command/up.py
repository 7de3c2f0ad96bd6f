"""`soc2 up`: carry out what is allowed, and put it on record."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from soc2_guardrails.evidence.predicates import Emergency, Operation

from .judged_run import Options, judged_run, require_somebody_to_ask
from .options import Base, Json, PolicyPack, PolicyPackConfig, Stack

EPILOG: Final = (
    "Examples:\n\n"
    "  soc2 up --stack production\n\n"
    "  soc2 up --stack production --yes --json\n\n"
    '  soc2 up --stack production --emergency --reason "checkout is down" --ticket INC-42\n\n'
    "Exit codes: 0 carried out, 1 could not run, 2 refused by the policy pack, 130 interrupted."
)


def up(
    context: typer.Context,
    *,
    stack: Stack = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Carry out what is allowed without asking.")] = False,
    emergency: Annotated[
        bool,
        typer.Option("--emergency", help="For an incident: no rule stops the run. Needs --reason and --ticket."),
    ] = False,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it cannot wait; goes on record.")] = None,
    ticket: Annotated[
        str | None, typer.Option(metavar="ID", help="Where the incident is kept; goes on record.")
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan/--no-plan", help="Hold the update to the plan of its preview, as far as the CLI can."),
    ] = True,
    policy_pack: PolicyPack = None,
    policy_pack_config: PolicyPackConfig = None,
    base: Base = None,
    as_json: Json = False,
) -> int:
    """Preview a stack, judge it by the policy pack, and carry it out if it is allowed.

    Arguments after -- go to both `pulumi preview` and `pulumi up`, but for those that would undo the judging.
    """
    options = Options(
        operation=Operation.UPDATE,
        stack=stack,
        policy_pack=policy_pack,
        policy_pack_config=policy_pack_config,
        base=base,
        as_json=as_json,
        yes=yes,
        held_to_plan=plan,
        emergency=_emergency(reason, ticket, declared=emergency),
    )
    require_somebody_to_ask(options)
    return judged_run(context, options)


def _emergency(reason: str | None, ticket: str | None, *, declared: bool) -> Emergency | None:
    given = {"--reason": (reason or "").strip(), "--ticket": (ticket or "").strip()}
    if not declared:
        if any(given.values()):
            raise typer.BadParameter("--reason and --ticket are for --emergency, which was not asked for")
        return None
    if missing := [name for name, value in given.items() if not value]:
        raise typer.BadParameter(f"--emergency needs {' and '.join(missing)}: whoever reviews it has to know")
    return Emergency(reason=given["--reason"], ticket=given["--ticket"])
