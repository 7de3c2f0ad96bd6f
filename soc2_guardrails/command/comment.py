"""`soc2 comment`: a report on its pull request, as one comment, as annotations, and as Markdown for a job's summary."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from soc2_guardrails.pull_requests.annotations import workflow_commands
from soc2_guardrails.pull_requests.comment import marker, render
from soc2_guardrails.pull_requests.github import PullRequestComments
from soc2_guardrails.runs.report import read_report

from .consoles import err, out

_TOKEN: Final = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable


COMMENT_EXAMPLES: Final = (
    "Examples:\n\n"
    "  soc2 comment report.json                                    (Markdown on standard output)\n\n"
    "  soc2 comment report.json --pull-request 12 --repository acme/shop   (with GITHUB_TOKEN)"
)


def comment(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="What `soc2 judge --json` wrote.")],
    pull_request: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="Put it there, or bring it up to date, as one comment.")
    ] = None,
    repository: Annotated[
        str, typer.Option(envvar="GITHUB_REPOSITORY", metavar="OWNER/NAME", help="The pull request's repository.")
    ] = "",
    api: Annotated[
        str, typer.Option(envvar="GITHUB_API_URL", metavar="URL", help="Address of GitHub's API.")
    ] = "https://api.github.com",
    author: Annotated[
        str, typer.Option(metavar="LOGIN", help="Whose comments those made with the token are.")
    ] = "github-actions[bot]",
    preview_result: Annotated[
        str, typer.Option(metavar="RESULT", help="How the job that planned it ended; anything but success is refused.")
    ] = "success",
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Write annotations of GitHub Actions in place of Markdown.")
    ] = False,
) -> None:
    """Tell a report on its pull request, understood in ten seconds. The token comes from GITHUB_TOKEN."""
    told = read_report(report)
    if annotate:
        for line in workflow_commands(told.violations):
            out.print(line, markup=False)
        return
    text = render(told, preview_result)
    if pull_request is None:
        out.print(text, markup=False, end="")
        return
    token = os.environ.get(_TOKEN, "")
    if not token:
        raise typer.BadParameter(f"{_TOKEN} has to hold a token that may write comments", param_hint=_TOKEN)
    place = PullRequestComments(repository, pull_request, token, api, author)
    err.print(place.put(marker(told.project, told.stack), text), markup=False)
