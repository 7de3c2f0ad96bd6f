"""The Pulumi CLI, and the plugins that it starts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from soc2_guardrails.engine import Engine, search
from soc2_guardrails.engine.search import MINIMUM

from .finding import Finding, ok, problem, warning

_ENGINE: Final = "engine"
_PLUGINS: Final = "plugins"
_NEVER_DOWNLOADED: Final = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"


@dataclass(frozen=True, order=True)
class _Plugin:
    name: str
    version: str
    server: str


def engine(directory: Path) -> Iterator[Finding]:
    """The CLI that runs take: the one on PATH if it is new enough, else the one in `directory`."""
    found = search(directory)
    if found.engine:
        yield ok(_ENGINE, f"Pulumi CLI {found.engine.version}, {found.engine.source.value}: {found.engine.path}")
    for line in found.rejected:
        mend = "update it, or take it off PATH"
        yield warning(_ENGINE, line, mend) if found.engine else problem(_ENGINE, line, mend)
    if not found.engine and not found.rejected:
        mend = "install it (https://www.pulumi.com/docs/install/), or run scripts/setup"
        yield problem(_ENGINE, f"there is no Pulumi CLI {MINIMUM} or later", mend)


def plugins(directory: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """The language host for Python, and the provider plugins that the installed SDKs ask for."""
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    if cli := search(directory).engine:
        yield from _language_host(cli, home, environment)
    wanted = sorted(_wanted())
    missing = [each for each in wanted if not (home / f"resource-{each.name}-v{each.version}").is_dir()]
    if found := [f"{each.name} {each.version}" for each in wanted if each not in missing]:
        yield ok(_PLUGINS, f"{', '.join(found)} in {home}")
    for each in missing:
        server = f" --server {each.server}" if each.server else ""
        command = f"pulumi plugin install resource {each.name} v{each.version}{server}"
        what = f"{each.name} {each.version} is not in {home}"
        if environment.get(_NEVER_DOWNLOADED, "").lower() in {"1", "true"}:
            yield problem(_PLUGINS, f"{what}, and {_NEVER_DOWNLOADED} is set", command)
        else:
            yield warning(_PLUGINS, f"{what}; the next run downloads it", command)


def _language_host(cli: Engine, home: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    if cli.has_language_host:
        yield ok(_PLUGINS, "the language host for Python comes with the CLI")
    elif any(home.glob("language-python-v*/pulumi-language-python")) or shutil.which(
        "pulumi-language-python", path=environment.get("PATH")
    ):
        yield ok(_PLUGINS, "the language host for Python is installed")
    else:
        yield problem(
            _PLUGINS,
            "this CLI has no language host for Python, so it can run no program here",
            "install the released CLI (https://www.pulumi.com/docs/install/), which has one, as the sandbox has",
        )


def _wanted() -> Iterator[_Plugin]:
    seen: set[str] = set()
    for distribution in distributions():
        for file in distribution.files or ():
            if file.name != "pulumi-plugin.json":
                continue
            stated = json.loads(Path(str(distribution.locate_file(file))).read_text("utf-8"))
            name = str(stated.get("name", ""))
            if stated.get("resource") and name not in seen:
                seen.add(name)
                version = str(stated.get("version") or distribution.version).removeprefix("v")
                yield _Plugin(name, version, str(stated.get("server") or ""))
