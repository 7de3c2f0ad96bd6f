"""`python -m soc2_guardrails.engine`: find the Pulumi CLI, or get one."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import EngineError, ensure, search

app = typer.Typer(add_completion=False)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def main(
    directory: Annotated[
        Path | None,
        typer.Option(help="Folder for a CLI of the project's own. Default: .soc2/engine beside Pulumi.yaml."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only look; get nothing.")] = False,
) -> None:
    """Find a Pulumi CLI that is new enough, or get one into the project's folder.

    Looks on PATH and in the project's folder, then asks the official installer, then, where Go is there,
    builds the CLI from pinned Go modules. What is there already is used as it is, and nothing is fetched.

    Examples:
      python -m soc2_guardrails.engine
      python -m soc2_guardrails.engine --check
    """
    try:
        if check:
            found = search(directory)
            engine = found.engine
            if engine is None:
                _err.print("No Pulumi CLI that can be used. " + "; ".join(found.rejected), markup=False)
                raise typer.Exit(1)
        else:
            engine = ensure(lambda line: _out.print(line, markup=False), directory)
    except EngineError as error:
        _err.print(str(error), markup=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        _err.print("Interrupted. Nothing half-done is left; run the same again to go on.")
        raise typer.Exit(130) from None
    _out.print(f"Pulumi CLI {engine.version}, {engine.source.value}: {engine.path}", markup=False)


if __name__ == "__main__":
    app(prog_name="python -m soc2_guardrails.engine")
