"""Options that several subcommands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PolicyPack: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--policy-pack", metavar="DIR", help="Folder of the policy pack, in place of the one that soc2.yaml names."
    ),
]
PolicyPackConfig: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--policy-pack-config", metavar="FILE", help="The policy configuration, in place of the one of soc2.yaml."
    ),
]
Stack: TypeAlias = Annotated[
    str | None, typer.Option("--stack", "-s", metavar="NAME", help="The stack; otherwise the one that is selected.")
]
Base: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What `soc2 preview --json` wrote on the base of this change, to tell what is new. Otherwise the record "
        "of the last update.",
    ),
]
