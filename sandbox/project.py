"""The sandbox's copy of a project: `Pulumi.yaml` and the stack files, which the engine writes into.

The program itself is not copied; the copy's `main` points at it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from soc2_guardrails.settings import read_stack_file, stack_names

from .errors import NotAProjectError
from .files import write_atomically

if TYPE_CHECKING:
    from soc2_guardrails.secrets import Reference

    from .secret_store import SecretStore

_REFERENCE = re.compile(r"env://([A-Za-z_][A-Za-z0-9_]*)")
# What the engine writes into a stack file: without it, the state of the stack cannot be decrypted again.
_ENGINE_KEYS = ("encryptionsalt", "secretsprovider", "encryptedkey")


class Project:
    """A Pulumi project (`source`, the folder of its `Pulumi.yaml`) and its copy (`copy`).

    Where there is a `store`, the copied stack files refer to it in place of `env://NAME`.

    Raises:
        NotAProjectError: `source` has no `Pulumi.yaml`, or one that names no project.
    """

    def __init__(self, source: Path, copy: Path, store: SecretStore | None = None) -> None:
        self.source = source.resolve()
        self.copy = copy
        self._store = store
        self._settings = self._read_settings()
        self.name = str(self._settings["name"])
        stacks = self._settings.get("stackConfigDir") or "."
        self.stacks_folder = self.source / stacks
        self._copied_stacks = copy / stacks

    def stacks(self) -> tuple[str, ...]:
        """The names of the stacks that have a file, sorted."""
        return stack_names(self.stacks_folder)

    def require_stack(self, stack: str) -> None:
        """Check that `stack` has a file that can be read.

        Raises:
            SettingsError: it has none, or one that is malformed or empty.
        """
        read_stack_file(self.stacks_folder, stack)

    def references(self) -> set[str]:
        """The environment variables that copied stack files name as `env://NAME`."""
        return set() if self._store else {name for stack in self.stacks() for name in self._names(stack)}

    def stored_references(self, stack: str) -> tuple[Reference, ...]:
        """What the copied file of `stack` has in place of `env://NAME`: none without a store; sorted."""
        store = self._store
        return tuple(store.reference(stack, name) for name in sorted(self._names(stack))) if store else ()

    def write_copy(self) -> None:
        """Bring the copy up to date, keeping what the engine wrote into the copied stack files."""
        write_atomically(self.copy / "Pulumi.yaml", yaml.safe_dump(self._copied_settings(), sort_keys=False))
        self._copied_stacks.mkdir(parents=True, exist_ok=True)
        for stack in self.stacks():
            source = self._stack_file(stack)
            text = self._with_store(stack, source.read_text("utf-8"))
            copied = self._copied_stacks / source.name
            if kept := _engine_lines(copied, text):
                text = f"{text.rstrip()}\n{kept}"
            write_atomically(copied, text)

    def _names(self, stack: str) -> set[str]:
        return set(_REFERENCE.findall(self._stack_file(stack).read_text("utf-8")))

    def _with_store(self, stack: str, text: str) -> str:
        store = self._store
        return _REFERENCE.sub(lambda found: str(store.reference(stack, found[1])), text) if store else text

    def _stack_file(self, stack: str) -> Path:
        return self.stacks_folder / f"Pulumi.{stack}.yaml"

    def _read_settings(self) -> dict[str, Any]:
        path = self.source / "Pulumi.yaml"
        try:
            settings = yaml.safe_load(path.read_text("utf-8"))
        except OSError as error:
            raise NotAProjectError(self.source, "there is no Pulumi.yaml that can be read") from error
        except yaml.YAMLError as error:
            raise NotAProjectError(self.source, f"Pulumi.yaml is not YAML ({_where(error)})") from error
        if not isinstance(settings, dict) or not settings.get("name"):
            raise NotAProjectError(self.source, "Pulumi.yaml names no project")
        return settings

    def _copied_settings(self) -> dict[str, Any]:
        settings = dict(self._settings)
        settings["main"] = str((self.source / str(settings.get("main") or ".")).resolve())
        runtime = settings.get("runtime")
        if isinstance(runtime, str):
            runtime = {"name": runtime}
        if isinstance(runtime, dict) and sys.prefix != sys.base_prefix:
            # The stock language host takes its Python from here; the one on PATH may be any.
            options = {**(runtime.get("options") or {}), "virtualenv": sys.prefix}
            settings["runtime"] = {**runtime, "options": options}
        return settings


def _engine_lines(copied: Path, text: str) -> str:
    """The lines the engine wrote into a copied stack file, but for keys that `text` itself has."""
    if not copied.exists():
        return ""
    keys = "|".join(key for key in _ENGINE_KEYS if not re.search(rf"^{key}:", text, re.MULTILINE))
    if not keys:
        return ""
    return "".join(f"{line}\n" for line in copied.read_text("utf-8").splitlines() if re.match(rf"^({keys}):", line))


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "malformed"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
