"""The executables that the engine starts in a sandbox: providers and, if need be, the language host.

They stand in the plugin cache of the sandbox's own Pulumi home, where the engine finds them by name and
version, so that nothing of the user's PATH is in play.
"""

from __future__ import annotations

import json
import shlex
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from .files import write_atomically

if TYPE_CHECKING:
    from soc2_guardrails.engine import Engine

# SDK packages by the name of their provider.
_SDKS = {"vercel": "pulumiverse_vercel", "github": "pulumi_github"}

# `sandbox` in the repository, `soc2_guardrails.sandbox` in a wheel.
_PACKAGE = __package__ or "sandbox"
_IMPORT_ROOT = Path(__file__).resolve().parents[_PACKAGE.count(".") + 1]

_SHIM = """\
#!/bin/sh
# Written by the sandbox at each start. The process that asks for this plugin is the one it ends with.
SOC2_ENGINE_PID=$PPID
export SOC2_ENGINE_PID
exec {python} -P -c {code} {arguments} "$@"
"""
_CODE = (
    "import runpy, sys; sys.path.insert(0, {root!r}); runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
)


def provider_versions() -> dict[str, str]:
    """The version of each provider that the installed SDKs ask for, by provider name."""
    return {
        name: str(json.loads(files(sdk).joinpath("pulumi-plugin.json").read_text("utf-8"))["version"])
        for name, sdk in _SDKS.items()
    }


_COMMAND = """\
#!/bin/sh
# Written by the sandbox at each start: the `soc2` that belongs to it, whatever else is installed.
exec {python} -P -c {code} "$@"
"""


def write_command(folder: Path) -> None:
    """Write `soc2` into a folder that is meant for a PATH."""
    code = _CODE.format(root=str(_IMPORT_ROOT), module="soc2_guardrails")
    write_atomically(
        folder / "soc2", _COMMAND.format(python=shlex.quote(sys.executable), code=shlex.quote(code)), mode=0o755
    )


def write_shims(home: Path, engine: Engine) -> None:
    """Write the plugins below `home` (a PULUMI_HOME)."""
    plugins = home / "plugins"
    for name, number in provider_versions().items():
        _write(plugins / f"resource-{name}-v{number}" / f"pulumi-resource-{name}", "provider", name)
    # A host beside the CLI is always preferred by the engine; this one serves a CLI that has none.
    if not engine.has_language_host:
        _write(plugins / f"language-python-v{version('pulumi')}" / "pulumi-language-python", "language")


def _write(path: Path, module: str, *arguments: str) -> None:
    code = _CODE.format(root=str(_IMPORT_ROOT), module=f"{_PACKAGE}.{module}")
    text = _SHIM.format(python=shlex.quote(sys.executable), code=shlex.quote(code), arguments=shlex.join(arguments))
    write_atomically(path, text, mode=0o755)
