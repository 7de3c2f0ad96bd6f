"""`python -m policies.authoring`: begin a rule, write the pages of all rules, write the schemas."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

from ..judge import published
from ..judge.configuration import schemas
from ..judge.profiles import profiles
from ..judge.registry import AREAS, PackError, rules
from . import scaffold
from .documents import Documents, DocumentsError, areas
from .pages import PageError
from .scaffold import ScaffoldError

_PACK = Path(__file__).resolve().parents[1]
_PACKAGE = (__package__ or "").rpartition(".")[0]
_PROGRAM = f"{_PACKAGE}.authoring"
_TOLD = (DocumentsError, OSError, PackError, PageError, ScaffoldError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns:
        0 when it did what it should; 1 when documents differ from the rules, or for an error told on standard error.
    """
    given = _parser().parse_args(arguments)
    try:
        return {"new": _new, "pages": _pages, "schema": _schema}[given.command](given)
    except _TOLD as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _new(given: Namespace) -> int:
    begun = scaffold.begin(_PACK, given.project, _PACKAGE, given.area, given.id)
    _say(scaffold.next_steps(begun, given.project, _PROGRAM))
    return 0


def _pages(given: Namespace) -> int:
    found = rules()
    named = profiles(_PACK / "profiles", {rule.id for rule in found})
    documents = Documents(given.project, found, areas(_PACK, found), named)
    difference = documents.difference() if given.check else documents.write()
    done = ("missing", "stale  ", "surplus") if given.check else ("wrote  ", "wrote  ", "deleted")
    for what, files in zip(done, (difference.missing, difference.stale, difference.surplus), strict=True):
        for file in files:
            _say(f"{what}  {file}")
    if not difference:
        _say(f"The documents say what the {len(found)} rules say.")
    elif given.check:
        _say(f"To write them anew: python -m {_PROGRAM} pages")
    return 1 if given.check and difference else 0


def _schema(_: Namespace) -> int:
    published.FILE.write_text(json.dumps(schemas(), indent=2) + "\n", encoding="utf-8", newline="\n")
    _say(f"wrote  {published.FILE}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"python -m {_PROGRAM}",
        description="For those who write and read rules.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=dedent(f"""\
            examples:
              python -m {_PROGRAM} new boundary project-directory-listing-off
              python -m {_PROGRAM} new monitoring stack-alerts-per-project
              python -m {_PROGRAM} pages
              python -m {_PROGRAM} pages --check
              python -m {_PROGRAM} schema
            """),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    new = commands.add_parser(
        "new",
        help="begin a rule: write its file and its test, to be filled in",
        formatter_class=RawDescriptionHelpFormatter,
        description=(
            "Writes the file of a rule and its test. Both are unfinished: the rule refuses every resource until its "
            "check\nis written, and the test fails. Nothing that is there is overwritten."
        ),
        epilog="control areas:\n" + "\n".join(f"  {area:16}{title}" for area, title in AREAS.items()),
    )
    new.add_argument("area", metavar="AREA", help="folder of the control area, see below")
    new.add_argument(
        "id",
        metavar="ID",
        help="what should hold, in words joined by hyphens; stack-... for a rule about a whole stack",
    )
    pages = commands.add_parser(
        "pages",
        help="write docs/rules/ and the table of rules in README.md",
        description=(
            "Writes a page for each rule and an index to docs/rules/, deletes pages of rules that are gone, and writes "
            "the table of rules between the markers in README.md. What a page says of an example is what the rule says."
        ),
    )
    pages.add_argument(
        "--check", action="store_true", help="write nothing; name what is missing, stale or surplus, and exit with 1"
    )
    commands.add_parser(
        "schema",
        help="write the schemas of the configuration that the pack publishes",
        description="Writes the JSON Schemas of what a policy configuration may say, as the pack publishes them.",
    )
    for command in (new, pages):
        command.add_argument(
            "--project",
            type=Path,
            default=_PACK.parent,
            metavar="DIR",
            help="folder that holds docs/ and tests/ (default: the one that the pack lies in)",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
