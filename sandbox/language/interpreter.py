"""Which Python runs a program or a pack, and what is installed for it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import language_pb2

# Run under the chosen interpreter, so that it tells what *it* sees.
_INVENTORY = """
import importlib.metadata, json, pathlib, sys
found, plugins = {}, []
for dist in importlib.metadata.distributions():
    name = dist.metadata["Name"]
    if not name or name in found:
        continue
    found[name] = dist.version
    for file in dist.files or ():
        if file.name == "pulumi-plugin.json":
            text = pathlib.Path(dist.locate_file(file)).read_text()
            plugins.append({"distribution": dist.version, "text": text})
print(json.dumps({"version": sys.version.split()[0], "distributions": found, "plugins": plugins}))
"""


class InterpreterError(Exception):
    """The Python that the project names cannot be used; the message names the option and the mend."""


@dataclass(frozen=True)
class Plugin:
    """A provider plugin that an installed SDK asks for; `version` without a `v`, `server` may be empty."""

    name: str
    version: str
    server: str


@dataclass(frozen=True)
class Inventory:
    """What an interpreter has: its own version, distributions (name to version), plugins its SDKs ask for."""

    version: str
    distributions: dict[str, str]
    plugins: tuple[Plugin, ...]


@dataclass(frozen=True)
class Interpreter:
    """A Python executable and, if the project names one, the virtualenv it is of."""

    executable: Path
    virtualenv: Path | None = None

    @classmethod
    def for_program(cls, info: language_pb2.ProgramInfo) -> Interpreter:
        """The interpreter that `runtime.options.virtualenv` names, else the one this process runs on.

        Raises:
            InterpreterError: an option asks for something this host does not do.
        """
        options = info.options.fields
        if "typechecker" in options:
            raise InterpreterError(
                "runtime option 'typechecker' is not supported by the sandbox's language host: "
                "take it out of Pulumi.yaml and run the type checker on its own"
            )
        name = options["virtualenv"].string_value if "virtualenv" in options else ""
        if not name:
            return cls(Path(sys.executable))
        virtualenv = Path(info.root_directory) / name
        return cls(virtualenv / "bin" / "python", virtualenv)

    def checked(self) -> Interpreter:
        """This interpreter, if it is there.

        Raises:
            InterpreterError: it is not.
        """
        if not self.executable.exists():
            raise InterpreterError(
                f"runtime option 'virtualenv' names {self.virtualenv}, which has no bin/python: "
                f"make it with `pulumi install`, or with `python3 -m venv {self.virtualenv}`"
            )
        return self

    def inventory(self) -> Inventory:
        """List what is installed for this interpreter.

        Raises:
            InterpreterError: the interpreter did not answer.
        """
        try:
            answer = subprocess.run(
                [str(self.checked().executable), "-c", _INVENTORY],
                capture_output=True,
                text=True,
                check=True,
                timeout=120,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise InterpreterError(f"{self.executable} could not list what is installed: {error}") from error
        data = json.loads(answer.stdout)
        return Inventory(
            version=data["version"],
            distributions=data["distributions"],
            plugins=tuple(
                plugin for entry in data["plugins"] if (plugin := _plugin(entry["text"], entry["distribution"]))
            ),
        )


def _plugin(text: str, distribution_version: str) -> Plugin | None:
    """The plugin a `pulumi-plugin.json` asks for; None if the SDK needs none."""
    data = json.loads(text)
    if not data.get("resource"):
        return None
    version = str(data.get("version") or distribution_version)
    return Plugin(name=str(data["name"]), version=version.removeprefix("v"), server=str(data.get("server") or ""))
