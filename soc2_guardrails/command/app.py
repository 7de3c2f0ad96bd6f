"""The command line: its subcommands, and how what goes wrong is shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from typer import rich_utils

from soc2_guardrails.engine import EngineError
from soc2_guardrails.evidence.errors import EvidenceError
from soc2_guardrails.evidence.stores import StoreError
from soc2_guardrails.packs import PackError
from soc2_guardrails.pull_requests.github import CommentError
from soc2_guardrails.runs.errors import RunError
from soc2_guardrails.settings import SettingsError
from soc2_guardrails.workspace import PROJECT_VARIABLE

from .comment import COMMENT_EXAMPLES, comment
from .doctor import EPILOG as DOCTOR_EPILOG
from .doctor import doctor
from .evidence import evidence_app
from .exits import Exit
from .judge import COMPARE_EXAMPLES, JUDGE_EXAMPLES, compare, judge
from .place import Place
from .preview import EPILOG as PREVIEW_EPILOG
from .preview import preview
from .rules import rules_app
from .schema import schema
from .stacks import stacks_app
from .up import EPILOG as UP_EPILOG
from .up import up
from .waivers import waivers_app

OURS = (CommentError, EngineError, EvidenceError, PackError, RunError, SettingsError, StoreError)
"""Errors whose message says what is wrong and what to do. Everything else is a bug and shown as one."""

app = typer.Typer(
    name="soc2",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="SOC 2 controls for a Pulumi stack: judge a change, carry it out, and keep the evidence.",
)
_PASSED_ON = {"allow_extra_args": True}
app.command(epilog=PREVIEW_EPILOG, context_settings=_PASSED_ON)(preview)
app.command(epilog=UP_EPILOG, context_settings=_PASSED_ON)(up)
app.add_typer(rules_app, name="rules")
app.command(epilog=JUDGE_EXAMPLES)(judge)
app.command(epilog=COMPARE_EXAMPLES)(compare)
app.command(epilog=COMMENT_EXAMPLES)(comment)
app.add_typer(evidence_app, name="evidence")
app.add_typer(waivers_app, name="waivers")
app.add_typer(stacks_app, name="stacks")
app.command(epilog=DOCTOR_EPILOG)(doctor)
app.command()(schema)


@app.callback()
def _soc2(
    context: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option(
            "-C",
            "--cwd",
            metavar="DIR",
            envvar=PROJECT_VARIABLE,
            exists=True,
            file_okay=False,
            resolve_path=True,
            help="Folder of the Pulumi project; otherwise that of the nearest Pulumi.yaml upwards.",
        ),
    ] = None,
) -> None:
    """Options of every subcommand come before it."""
    context.obj = Place(Path.cwd(), directory)


def main() -> None:
    """Run the command line and end with its exit code; see `Exit`."""
    sys.exit(run(app))


def run(command: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code.

    Args:
        command: what to run.
        arguments: its arguments, those of this process if None.

    Raises:
        Exception: whatever is not one of `OURS`.
    """
    # Not left to Typer: its exit code for a wrong command line is the one that means refused here.
    try:
        code = command(sys.argv[1:] if arguments is None else arguments, prog_name="soc2", standalone_mode=False)
    except typer.TyperException as wrong:
        rich_utils.rich_format_error(wrong)  # type: ignore[arg-type]  # its every subclass is what this takes
        return Exit.COULD_NOT_RUN
    except (typer.Abort, KeyboardInterrupt):
        _say("Interrupted.")
        return Exit.INTERRUPTED
    except OURS as error:
        _say(str(error))
        return Exit.COULD_NOT_RUN
    except OSError as error:
        if error.filename is None:
            raise
        _say(f"{error.filename}: {error.strerror}")
        return Exit.COULD_NOT_RUN
    return code if isinstance(code, int) else Exit.FINE


def _say(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, markup=False)
