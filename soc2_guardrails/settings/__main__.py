"""`python -m soc2_guardrails.settings`: check stack files and write the schema that editors use."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .loader import load_stack_file
from .problems import SettingsError
from .stack_files import stack_names
from .stack_schema import stack_file_schema

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Stack settings: check them, describe them.")

_Folder = Annotated[Path, typer.Option(help="The folder of the stack files.")]


@app.command()
def schema(folder: _Folder = Path("stacks")) -> None:
    """Write the JSON Schema of stack files to schema.json in their folder."""
    target = folder / "schema.json"
    target.write_text(stack_file_schema(), encoding="utf-8")
    Console().print(f"wrote {target}", highlight=False, markup=False)


@app.command()
def check(
    stacks: Annotated[list[str] | None, typer.Argument(help="Names of stacks; all of them unless given.")] = None,
    folder: _Folder = Path("stacks"),
) -> None:
    """Check the settings of stacks, and that the secrets they refer to are there."""
    out, err = Console(), Console(stderr=True, soft_wrap=True)
    refused = False
    for stack in stacks or stack_names(folder):
        try:
            load_stack_file(folder, stack, os.environ)
        except SettingsError as error:
            refused = True
            err.print(str(error), highlight=False, markup=False)
        else:
            out.print(f"{stack}: the settings are allowed", highlight=False, markup=False)
    if refused:
        raise typer.Exit(code=1)


if __name__ == "__main__":
    app()
