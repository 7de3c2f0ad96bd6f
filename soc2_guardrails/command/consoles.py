"""Where commands write: what was asked for on standard output, everything else on standard error."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc2_guardrails.terminal import printable

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Write one JSON document, and nothing that a terminal would act upon."""
    out.print(json.dumps(value, indent=2, ensure_ascii=True), markup=False)


def table(*headings: str, whole: Sequence[str] = ()) -> Table:
    """A table that folds and never cuts off; columns that are there to be copied (`whole`) do not even fold."""
    made = Table(box=None, pad_edge=False, show_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold", no_wrap=heading in whole)
    return made


def cell(text: str, style: str = "") -> Text:
    """Text of others, made fit for a terminal."""
    return Text(printable(text), style=style)
