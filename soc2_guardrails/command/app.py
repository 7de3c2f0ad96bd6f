"""The command line: its subcommands, and how an error that nobody caught is shown."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="soc2",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="SOC 2 controls for a Pulumi stack: judge a change, carry it out, and keep the evidence.",
)


@app.callback()
def _soc2() -> None:
    """Options of every subcommand come with it."""


def main() -> None:
    """Run the command line."""
    app(prog_name="soc2")
