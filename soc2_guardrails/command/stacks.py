"""`soc2 stacks`: the stack files, checked without Pulumi."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
import yaml

from soc2_guardrails.settings import SettingsError, load_stack_file, stack_names

from .consoles import cell, err, out, print_json
from .exits import Exit
from .options import Json
from .place import place_of

stacks_app = typer.Typer(
    no_args_is_help=True,
    help="The stack files, checked without Pulumi.",
    epilog="Examples:\n\n  soc2 stacks check\n\n  soc2 stacks check storefront",
)


@stacks_app.callback()
def _stacks() -> None:
    """Keeps `check` a subcommand while there is only this one."""


@stacks_app.command()
def check(
    context: typer.Context,
    stacks: Annotated[list[str] | None, typer.Argument(help="Names of stacks; all of them unless given.")] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the stack files, in place of the project's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the settings of stacks, and that the secrets they refer to are there."""
    folder = folder or stacks_folder(place_of(context).project)
    names = stacks or stack_names(folder)
    if not names:
        raise SettingsError(str(folder), ["there is no stack file Pulumi.STACK.yaml"])
    refused: dict[str, list[str]] = {}
    for stack in names:
        try:
            load_stack_file(folder, stack, os.environ)
        except SettingsError as error:
            refused[stack] = list(error.lines)
            if not as_json:
                err.print(str(error), markup=False)
        else:
            if not as_json:
                out.print(cell(f"{stack}: the settings are allowed"))
    if as_json:
        print_json([{"stack": stack, "problems": refused.get(stack, [])} for stack in names])
    if refused:
        raise typer.Exit(Exit.COULD_NOT_RUN)


def stacks_folder(project: Path) -> Path:
    """Where Pulumi looks for the stack files of a project: its `stackConfigDir`, else beside its `Pulumi.yaml`.

    Raises:
        SettingsError: there is no `Pulumi.yaml` that can be read.
    """
    file = project / "Pulumi.yaml"
    try:
        stated = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        told = f"cannot be read ({error.strerror}); run this in the folder of the project, or name it with -C"
        raise SettingsError(str(file), [told]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), ["is no YAML in UTF-8"]) from error
    within = stated.get("stackConfigDir") if isinstance(stated, dict) else None
    return project / str(within or ".")
