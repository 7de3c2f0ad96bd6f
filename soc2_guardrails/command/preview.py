"""`soc2 preview`: what a stack would change, judged and put on record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from soc2_guardrails.evidence.predicates import Operation

from .judged_run import Options, judged_run
from .options import Base, Json, PolicyPack, PolicyPackConfig, Stack
from .planning import plan

EPILOG: Final = (
    "Examples:\n\n"
    "  soc2 preview --stack production\n\n"
    "  soc2 preview --stack production --json > verdict.json\n\n"
    "  soc2 preview --stack production --base base.json\n\n"
    "  soc2 preview --stack production -- --refresh\n\n"
    "Exit codes: 0 allowed, 1 could not run, 2 refused by the policy pack, 130 interrupted."
)

Planned: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write what is planned, without secrets, for `soc2 judge` on another machine; leaves no record.",
    ),
]


def preview(
    context: typer.Context,
    *,
    stack: Stack = None,
    policy_pack: PolicyPack = None,
    policy_pack_config: PolicyPackConfig = None,
    base: Base = None,
    planned: Planned = None,
    as_json: Json = False,
) -> int:
    """Show what a stack would change, judged by the policy pack. Nothing is changed.

    Arguments after -- go to `pulumi preview`, but for those that would undo the judging.
    """
    if planned:
        if base or as_json:
            raise typer.BadParameter("--planned leaves the verdict to `soc2 judge`: give --base and --json to that")
        return plan(context, planned, stack, policy_pack, policy_pack_config)
    return judged_run(
        context,
        Options(
            operation=Operation.PREVIEW,
            stack=stack,
            policy_pack=policy_pack,
            policy_pack_config=policy_pack_config,
            base=base,
            as_json=as_json,
        ),
    )
