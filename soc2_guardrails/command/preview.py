"""`soc2 preview`: what a stack would change, judged and put on record."""

from __future__ import annotations

from typing import Final

import typer

from soc2_guardrails.evidence.predicates import Operation

from .judged_run import Options, judged_run
from .options import Base, Json, PolicyPack, PolicyPackConfig, Stack

EPILOG: Final = (
    "Examples:\n\n"
    "  soc2 preview --stack production\n\n"
    "  soc2 preview --stack production --json > verdict.json\n\n"
    "  soc2 preview --stack production --base base.json\n\n"
    "  soc2 preview --stack production -- --refresh\n\n"
    "Exit codes: 0 allowed, 1 could not run, 2 refused by the policy pack, 130 interrupted."
)


def preview(
    context: typer.Context,
    stack: Stack = None,
    policy_pack: PolicyPack = None,
    policy_pack_config: PolicyPackConfig = None,
    base: Base = None,
    as_json: Json = False,
) -> int:
    """Show what a stack would change, judged by the policy pack. Nothing is changed.

    Arguments after -- go to `pulumi preview`, but for those that would undo the judging.
    """
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
