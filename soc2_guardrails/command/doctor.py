"""`soc2 doctor`: what is wrong with the surroundings, and the mend."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from soc2_guardrails.doctor import Check, Finding, Level, examine
from soc2_guardrails.doctor.backend import backend, secrets_providers
from soc2_guardrails.doctor.clock import clock
from soc2_guardrails.doctor.engine import engine, plugins
from soc2_guardrails.doctor.evidence import signing, store
from soc2_guardrails.doctor.finding import ok, problem
from soc2_guardrails.doctor.pack import pack
from soc2_guardrails.doctor.repository import repository
from soc2_guardrails.doctor.secret_managers import secret_managers
from soc2_guardrails.doctor.tokens import GITHUB_API, VERCEL_API, github, vercel
from soc2_guardrails.engine import search
from soc2_guardrails.settings import SettingsError
from soc2_guardrails.workspace import FILE_NAME, Workspace

from .consoles import cell, err, out, print_json
from .exits import Exit
from .options import Json
from .place import Place, place_of
from .stacks import stacks_folder

EPILOG: Final = (
    "Examples:\n\n"
    "  soc2 doctor\n\n"
    "  soc2 doctor production --json\n\n"
    "Nothing is changed, and no token is shown. Exit code 1 if there is a problem."
)
_SANDBOX: Final = "SOC2_SANDBOX"
_GITHUB_API: Final = "GITHUB_API_URL"
"""Where a GitHub Enterprise Server has its API; GitHub Actions sets it."""
_STYLES: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


def doctor(
    context: typer.Context,
    stacks: Annotated[list[str] | None, typer.Argument(help="Names of stacks; all of them unless given.")] = None,
    as_json: Json = False,
) -> None:
    """Look at everything that a run relies on, and say what is wrong and how to mend it."""
    place = place_of(context)
    with err.status("") as shown:
        found = []
        for finding in examine(
            _checks(place, stacks or [], os.environ), waiting=lambda area: shown.update(f"{area} ...")
        ):
            found.append(finding)
            if not as_json:
                _show(finding)
    sound = not any(finding.level is Level.PROBLEM for finding in found)
    if as_json:
        lines = [{"area": f.area, "level": f.level.value, "what": f.what, "mend": f.mend} for f in found]
        print_json({"sound": sound, "findings": lines})
    if not sound:
        raise typer.Exit(Exit.COULD_NOT_RUN)


def _checks(place: Place, stacks: list[str], environment: Mapping[str, str]) -> list[Check]:
    engines = place.project / ".soc2" / "engine"
    checks = [
        Check("engine", lambda: engine(engines)),
        Check("plugins", lambda: plugins(engines, environment)),
        *_accounts(environment),
        Check("state", lambda: _state(engines, place.project, environment)),
        Check("secrets", lambda: _secrets(place.project, stacks, environment)),
        Check("secret source", lambda: _secret_managers(place.project, stacks, environment)),
        Check("git", lambda: repository(place.project)),
    ]
    try:
        workspace = place.workspace
    except SettingsError as error:
        told = [problem(FILE_NAME, str(error), "correct it; editors complete it by the schema that soc2 schema writes")]
        return [*checks, Check(FILE_NAME, lambda: told)]
    return [
        *checks,
        Check(FILE_NAME, lambda: _settings(workspace)),
        Check("policy pack", lambda: pack(workspace)),
        Check("signing", lambda: signing(workspace, environment)),
        Check("evidence store", lambda: store(workspace)),
    ]


def _accounts(environment: Mapping[str, str]) -> list[Check]:
    if environment.get(_SANDBOX):
        told = [ok("sandbox", "an embedded account: no token is needed, no API is asked, and no run is evidence")]
        return [Check("sandbox", lambda: told)]
    github_api = environment.get(_GITHUB_API) or GITHUB_API
    return [
        Check("GitHub token", lambda: github(environment, github_api)),
        Check("Vercel token", lambda: vercel(environment)),
        Check("clock", lambda: clock([github_api, VERCEL_API])),
    ]


def _state(engines: Path, project: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    found = search(engines).engine
    if found:
        yield from backend(found.path, project, environment)


def _secrets(project: Path, stacks: list[str], environment: Mapping[str, str]) -> Iterator[Finding]:
    try:
        folder = stacks_folder(project)
    except SettingsError as error:
        yield problem("project", str(error), "run this in the folder of the project, or name it with -C")
        return
    yield from secrets_providers(folder, stacks, environment)


def _secret_managers(project: Path, stacks: list[str], environment: Mapping[str, str]) -> Iterator[Finding]:
    # Without a project there is no stack; the line about what encrypts says so.
    with suppress(SettingsError):
        yield from secret_managers(stacks_folder(project), stacks, environment)


def _settings(workspace: Workspace) -> Iterator[Finding]:
    yield ok(
        FILE_NAME, str(workspace.file) if workspace.file else f"there is none, so the defaults hold in {workspace.root}"
    )


def _show(finding: Finding) -> None:
    out.print(
        cell(f"{finding.level.value:8}", _STYLES[finding.level]), cell(f"{finding.area:14}", "bold"), cell(finding.what)
    )
    if finding.mend:
        out.print(cell(f"{'':8} mend: {finding.mend}"))
