"""`python -m tests.bench`: what the pack and the sandbox cost beside others that do less, and how evidence scales."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from soc2_guardrails.engine import Engine, search
from tests.bench import evidence as records
from tests.bench import figures, judging, providers
from tests.bench.providers import ECHO, LIMITS, RESOURCES_OF_A_TEAM, SANDBOX, BenchError, Measurements

_ROOT = Path(__file__).resolve().parents[2]

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Repetitions = Annotated[int, typer.Option(min=1, help="How often each is timed; medians count.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")]
Advisory = Annotated[bool, typer.Option("--advisory", help="Show a missed target, and do not fail for it.")]
Teams = Annotated[int, typer.Option(min=10, help="Resources of the program, in tens.")]


@app.callback(invoke_without_command=True)
def both(context: typer.Context, repetitions: Repetitions = 3, json_file: JsonFile = None) -> None:
    """Measure the policy pack, the sandbox and evidence, everything in turn within one run, and compare medians.

    Ratios do not depend on the machine, but on what else it does: measure on an idle one. Ends with exit code 1 when
    a target is missed, 2 when a run failed.
    """
    if context.invoked_subcommand:
        return
    judged, prepared = _pack(1000, 10000, 1000, repetitions), _sandbox(1000, repetitions)
    verified = _evidence(1000, 10000, repetitions)
    _write(json_file, {"pack": judged[0], "sandbox": prepared[0], "evidence": verified[0]})
    _end([*judged[1], *prepared[1], *verified[1]])


@app.command()
def pack(
    small: Annotated[int, typer.Option(min=35, help="Resources of the small stack.")] = 1000,
    large: Annotated[int, typer.Option(min=35, help="Resources of the large stack.")] = 10000,
    previewed: Annotated[int, typer.Option(min=0, help="Resources previewed, in tens; 0 for no previews.")] = 1000,
    repetitions: Repetitions = 3,
    json_file: JsonFile = None,
    advisory: Advisory = False,
) -> None:
    """Judge the same recorded requests, and preview the same program, with this pack and with others.

    The others: the same rules served by the stock SDK, a pack of the stock SDK with one rule, an empty pack (what the
    engine and gRPC cost by themselves), and none.
    """
    measured, missed = _pack(small, large, previewed, repetitions)
    _write(json_file, measured)
    _end(missed, advisory=advisory)


@app.command()
def sandbox(resources: Teams = 1000, repetitions: Repetitions = 3, json_file: JsonFile = None) -> None:
    """Preview and deploy a program with the sandbox's providers and with one that keeps nothing, in turn."""
    measured, missed = _sandbox(resources, repetitions)
    _write(json_file, measured)
    _end(missed)


@app.command()
def evidence(
    small: Annotated[int, typer.Option(min=2, help="Records of the short chain, in twos.")] = 1000,
    large: Annotated[int, typer.Option(min=2, help="Records of the long chain, in twos.")] = 10000,
    repetitions: Repetitions = 3,
    json_file: JsonFile = None,
) -> None:
    """Verify a short and a long chain of signed records: the time has to grow with their number, the memory not."""
    measured, missed = _evidence(small, large, repetitions)
    _write(json_file, measured)
    _end(missed)


def _pack(small: int, large: int, previewed: int, repetitions: int) -> tuple[dict[str, Any], list[str]]:
    _require_teams(previewed, "--previewed")
    try:
        measured = judging.measure(_engine() if previewed else None, (small, large), previewed, repetitions, _say)
        shares = judging.cold_start_profile(repetitions)
    except (BenchError, ChildProcessError) as error:
        raise _failed(error) from error
    _out.print(figures.table(f"Policy pack, medians of {repetitions}", measured))
    _out.print(figures.profile("Cold start of the policy pack", shares))
    sizes = {"small": small, "large": large, "previewed": previewed, "repetitions": repetitions}
    told = {"sizes": sizes, "figures": [figure.as_json() for figure in measured], "cold_start": shares}
    return told, [figure.name for figure in measured if not figure.met]


def _sandbox(resources: int, repetitions: int) -> tuple[dict[str, Any], list[str]]:
    _require_teams(resources, "--resources")
    try:
        measured = providers.measure(_engine(), resources, repetitions, _say)
    except BenchError as error:
        raise _failed(error) from error
    _out.print(_table(measured))
    return measured.as_json(), [f"sandbox, {operation}" for operation in measured.missed()]


def _evidence(small: int, large: int, repetitions: int) -> tuple[dict[str, Any], list[str]]:
    for option, size in (("--small", small), ("--large", large)):
        if size % 2:
            raise typer.BadParameter(f"{size} is odd, and a run leaves two records", param_hint=option)
    try:
        measured = records.measure((small, large), repetitions, _say)
    except BenchError as error:
        raise _failed(error) from error
    _out.print(figures.table(f"Evidence, medians of {repetitions}", measured))
    sizes = {"small": small, "large": large, "repetitions": repetitions}
    return {"sizes": sizes, "figures": [figure.as_json() for figure in measured]}, [
        figure.name for figure in measured if not figure.met
    ]


def _engine() -> Engine:
    engine = search(_ROOT / ".soc2" / "engine").engine
    if engine is None:
        _err.print("No Pulumi CLI: run `make setup`.")
        raise typer.Exit(2)
    return engine


def _require_teams(resources: int, option: str) -> None:
    if resources % RESOURCES_OF_A_TEAM:
        raise typer.BadParameter(f"{resources} is no multiple of {RESOURCES_OF_A_TEAM}", param_hint=option)


def _say(line: str) -> None:
    _err.print(line, markup=False)


def _failed(error: Exception) -> typer.Exit:
    _err.print(str(error), markup=False)
    return typer.Exit(2)


def _write(file: Path | None, measured: dict[str, Any]) -> None:
    if file:
        file.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")


def _end(missed: list[str], *, advisory: bool = False) -> None:
    if missed:
        _err.print(f"Missed: {'; '.join(missed)}.")
        if not advisory:
            raise typer.Exit(1)


def _table(measured: Measurements) -> Table:
    table = Table(title=f"Sandbox, {measured.resources} resources, median seconds")
    table.add_column("operation")
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
    app(prog_name="python -m tests.bench")
