"""`python -m tests.bench`: what the sandbox's providers cost beside an echo provider."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from soc2_guardrails.engine import search
from tests.bench.measure import ECHO, LIMITS, RESOURCES_OF_A_TEAM, SANDBOX, BenchError, Measurements, measure

_ROOT = Path(__file__).resolve().parents[2]

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def bench(
    resources: Annotated[int, typer.Option(min=10, help="How many to declare, in tens.")] = 1000,
    repetitions: Annotated[int, typer.Option(min=1, help="How often each is timed; medians count.")] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the seconds and ratios here too.")] = None,
) -> None:
    """Preview and deploy a program with the sandbox's providers and with one that keeps nothing, in turn.

    Ends with exit code 1 when the sandbox takes more than 1.5 times as long to preview or 3 times to deploy.
    """
    engine = search(_ROOT / ".soc2" / "engine").engine
    if engine is None:
        _err.print("No Pulumi CLI: run `make setup`.")
        raise typer.Exit(2)
    if resources % RESOURCES_OF_A_TEAM:
        raise typer.BadParameter(f"{resources} is no multiple of {RESOURCES_OF_A_TEAM}", param_hint="--resources")
    try:
        measured = measure(engine, resources, repetitions, lambda line: _err.print(line, markup=False))
    except BenchError as error:
        _err.print(str(error), markup=False)
        raise typer.Exit(2) from error
    _out.print(_table(measured))
    if json_file:
        json_file.write_text(json.dumps(measured.as_json(), indent=2) + "\n", "utf-8")
    if missed := measured.missed():
        _err.print(f"Over the limit: {', '.join(missed)}.")
        raise typer.Exit(1)


def _table(measured: Measurements) -> Table:
    table = Table(title=f"{measured.resources} resources, median seconds")
    table.add_column("Operation")
    for heading in (ECHO, SANDBOX, "ratio", "limit"):
        table.add_column(heading, justify="right")
    for operation, limit in LIMITS.items():
        ratio = measured.ratio(operation)
        table.add_row(
            operation,
            f"{measured.median(operation, ECHO):.1f}",
            f"{measured.median(operation, SANDBOX):.1f}",
            f"{ratio:.2f}",
            f"{limit:.1f}",
            style="red" if ratio > limit else "green",
        )
    return table


if __name__ == "__main__":
    typer.run(bench)
