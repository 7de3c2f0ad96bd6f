"""`soc2 schema`: what editors check stack files and soc2.yaml with."""

from __future__ import annotations

import typer

from soc2_guardrails.settings.stack_schema import stack_file_schema
from soc2_guardrails.workspace.schema import SCHEMA_NAME, workspace_schema

from .consoles import cell, out
from .place import place_of
from .stacks import stacks_folder


def schema(context: typer.Context) -> None:
    """Write the JSON Schemas that editors use: of stack files into their folder, and of soc2.yaml beside it."""
    place = place_of(context)
    for target, text in (
        (stacks_folder(place.project) / "schema.json", stack_file_schema()),
        (place.workspace.root / SCHEMA_NAME, workspace_schema()),
    ):
        target.write_text(text, encoding="utf-8")
        out.print(cell(f"wrote {target}"))
