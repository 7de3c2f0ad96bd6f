"""A sandbox on disk, and the Pulumi CLI run in it.

Layout of its folder (`.soc2/sandbox` by default)::

    home/               PULUMI_HOME, with the provider plugins
    state/              the file backend
    project/            copy of Pulumi.yaml and of the stack files
    bin/                `soc2`
    soc2.yaml           what judges, and where its records go
    evidence/           its records
    signing-key.pem     signs them; 0600
    account.db          the Vercel and GitHub account
    passphrase          encrypts secrets in the state; 0600
    placeholders.json   values for env:// references; 0600
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

from soc2_guardrails.workspace import FILE_NAME, FILE_VARIABLE, PROJECT_VARIABLE

from . import process
from .environment import credential_names, without_host_settings
from .errors import SandboxError, UnwritableError
from .generated import passphrase, placeholders
from .interruption import InterruptedStackError, Interruption, find_interruption
from .project import Project
from .shims import write_command, write_shims
from .workspace import write_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc2_guardrails.engine import Engine

    from .process import OnLine
    from .secret_store import SecretStore

SANDBOX_VARIABLE = "SOC2_SANDBOX"
"""Tells the provider plugins which sandbox they serve; without it they refuse to start."""

# What each operation would ask, answered: the sandbox's objects are nobody's.
_ANSWERS: dict[str, tuple[str, ...]] = {
    "preview": (),
    "up": ("--yes", "--skip-preview"),
    "refresh": ("--yes", "--skip-preview"),
    "destroy": ("--yes", "--skip-preview"),
}

Completed = subprocess.CompletedProcess[str]


class Sandbox:
    """An embedded account with a Pulumi CLI that sees nothing else. Make one with `Sandbox.open`."""

    def __init__(
        self, directory: Path, project: Project, engine: Engine, *, own_values: bool, store: SecretStore | None
    ) -> None:
        self.directory = directory
        self.project = project
        self.engine = engine
        self.store = store
        self._own_values = own_values

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        repository: Path,
        engine: Engine,
        own_values: bool = False,
        store: SecretStore | None = None,
    ) -> Self:
        """Open the sandbox in `directory`, making what is missing; safe to call at any time.

        Args:
            directory: the sandbox's folder.
            repository: the folder of the `Pulumi.yaml` whose stacks it runs.
            engine: the CLI to run.
            own_values: take values for `env://` references from the environment where it has them; otherwise
                the sandbox makes up all of them.
            store: where a manager has the secrets of the stacks; its processes then get what opens the manager.

        Raises:
            NotAProjectError: `repository` holds no Pulumi project.
            SettingsError: it has a `soc2.yaml` that is refused.
            UnwritableError: `directory` cannot be written to.
        """
        directory = Path(directory).resolve()
        project = Project(repository, directory / "project", store)
        sandbox = cls(directory, project, engine, own_values=own_values, store=store)
        try:
            for folder in (sandbox.home, sandbox.state):
                folder.mkdir(parents=True, exist_ok=True)
            write_shims(sandbox.home, engine)
            write_command(sandbox.commands)
            sandbox.project.write_copy()
            passphrase(directory / "passphrase")
            write_workspace(directory, sandbox.project.source)
        except OSError as error:
            raise UnwritableError(directory, error.strerror or str(error)) from error
        return sandbox

    @property
    def home(self) -> Path:
        """The PULUMI_HOME of its processes."""
        return self.directory / "home"

    @property
    def commands(self) -> Path:
        """The folder of `soc2`, the first on the PATH of its processes."""
        return self.directory / "bin"

    @property
    def state(self) -> Path:
        """The folder of its file backend."""
        return self.directory / "state"

    @property
    def account_path(self) -> Path:
        """The file of its account."""
        return self.directory / "account.db"

    def stacks(self) -> tuple[str, ...]:
        """The names of the stacks that can be run."""
        return self.project.stacks()

    def removed_names(self) -> tuple[str, ...]:
        """The names of the host's environment variables that its processes do not get: credentials."""
        passed = self._of_the_manager()
        return tuple(name for name in credential_names(os.environ) if name not in passed)

    def settings(self) -> dict[str, str]:
        """The environment variables that make a process one of this sandbox, but for the host's own."""
        return {
            "PULUMI_HOME": str(self.home),
            # Without the backend's `.attrs` files: it does not write them atomically, and one that a killed run
            # left empty makes the whole stack unreadable.
            "PULUMI_BACKEND_URL": f"{self.state.as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.directory / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # A plugin of that name on the user's PATH would serve the real account.
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            # `--event-log` of preview and up is behind this.
            "PULUMI_DEBUG_COMMANDS": "true",
            # Where a plugin is missing here, that is an error to see, not a download.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            SANDBOX_VARIABLE: str(self.directory),
            FILE_VARIABLE: str(self.directory / FILE_NAME),
            # The engine writes into the stack files of what it runs.
            PROJECT_VARIABLE: str(self.project.copy),
        }

    def path(self) -> tuple[Path, Path]:
        """The folders of `soc2` and of the CLI."""
        return self.commands, self.engine.path.parent

    def environment(self) -> dict[str, str]:
        """The whole environment of its processes: the host's without credentials, and the sandbox's own."""
        names = self.project.references()
        values = placeholders(self.directory / "placeholders.json", names)
        if self._own_values:
            values |= {name: os.environ[name] for name in names if os.environ.get(name)}
        environment = {**without_host_settings(os.environ), **self._of_the_manager(), **values, **self.settings()}
        # The stock language host runs a pack on the first `python` of the PATH: this one has the SDKs.
        path = [*map(str, self.path()), str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
        environment["PATH"] = os.pathsep.join(path)
        return environment

    def pulumi(
        self,
        *args: str,
        check: bool = False,
        timeout: float | None = None,
        stream: OnLine | None = None,
    ) -> Completed:
        """Run the CLI with `args` in the copied project, never asking anything.

        Args:
            args: the command line after `pulumi`.
            check: raise when the exit code is not 0.
            timeout: seconds after which it is ended.
            stream: receives each line of output as it comes.

        Raises:
            subprocess.CalledProcessError: with `check`, a non-zero exit code.
            subprocess.TimeoutExpired: it did not end in time.
        """
        self.project.write_copy()
        completed = process.run(
            [str(self.engine.path), "--non-interactive", "--color", "never", *args],
            cwd=self.project.copy,
            env=self.environment(),
            timeout=timeout,
            stream=stream,
        )
        if check:
            completed.check_returncode()
        return completed

    def select(self, stack: str) -> None:
        """Make `stack` ready to be run: its file is checked, and its state is made if there is none.

        Raises:
            SettingsError: it has no file, or one that is malformed or empty.
            SandboxError: the CLI could not make its state.
        """
        self.project.require_stack(stack)
        if self._checkpoint(stack).exists():
            return
        made = self.pulumi("stack", "init", stack, "--no-select")
        if made.returncode:
            raise SandboxError(f"The state of stack {stack!r} could not be made: {made.stderr.strip()}")

    def preview(
        self,
        stack: str,
        *args: str,
        pack: Path | None = None,
        timeout: float | None = None,
        stream: OnLine | None = None,
    ) -> Completed:
        """Preview `stack`, under the policy pack in the folder `pack` if given; see `pulumi`."""
        return self._operate("preview", stack, args, pack, timeout, stream)

    def up(
        self,
        stack: str,
        *args: str,
        pack: Path | None = None,
        timeout: float | None = None,
        stream: OnLine | None = None,
    ) -> Completed:
        """Deploy `stack` without a preview first, under `pack` if given; see `pulumi`."""
        return self._operate("up", stack, args, pack, timeout, stream)

    def refresh(self, stack: str, *args: str, timeout: float | None = None, stream: OnLine | None = None) -> Completed:
        """Take what changed in the account into the state of `stack`; see `pulumi`."""
        return self._operate("refresh", stack, args, None, timeout, stream)

    def destroy(self, stack: str, *args: str, timeout: float | None = None, stream: OnLine | None = None) -> Completed:
        """Delete all that `stack` made in the account; see `pulumi`."""
        return self._operate("destroy", stack, args, None, timeout, stream)

    def become_pulumi(self, *args: str) -> NoReturn:
        """Replace this process by the CLI with `args`: terminal, signals and exit code are the CLI's own."""
        self.project.write_copy()
        environment = self.environment()
        os.chdir(self.project.copy)
        os.execve(self.engine.path, [str(self.engine.path), *args], environment)  # noqa: S606

    def become(self, *command: str) -> NoReturn:
        """Replace this process by any command with this sandbox's environment, in the folder of the project.

        Raises:
            SandboxError: there is no such command.
        """
        self.project.write_copy()
        environment = self.environment()
        found = shutil.which(command[0], path=environment["PATH"])
        if found is None:
            raise SandboxError(f"There is no command {command[0]!r} on the PATH.")
        os.chdir(self.project.source)
        os.execve(found, command, environment)  # noqa: S606

    def show_soc2(self, *args: str) -> int:
        """Run `soc2` with `args` on the copied project, from the folder of the project, and return its exit code.

        It writes to the streams of this process, so that a reader sees what a user of it sees.
        """
        self.project.write_copy()
        return process.show(self.soc2_line(*args), cwd=self.project.source, env=self.environment())

    def soc2_line(self, *args: str) -> list[str]:
        """The command line that runs `soc2` with `args` on the copied project."""
        return [str(self.commands / "soc2"), *args]

    def operation(self, command: str, stack: str, *args: str, pack: Path | None = None) -> list[str]:
        """Make `stack` ready for an operation and return its command line after `pulumi`.

        Args:
            command: preview, up, refresh or destroy.
            stack: the stack.
            args: more arguments.
            pack: folder of the policy pack that judges a preview or up.

        Raises:
            SettingsError: see `select`.
            InterruptedStackError: a killed run left a lock or pending operations.
        """
        self.ready(stack)
        judged = ("--policy-pack", str(pack.resolve())) if pack else ()
        return [command, "--stack", stack, *_ANSWERS[command], *judged, *args]

    def ready(self, stack: str) -> None:
        """Make `stack` ready for an operation.

        Raises:
            SettingsError: see `select`.
            InterruptedStackError: a killed run left a lock or pending operations.
        """
        self.select(stack)
        if interruption := self.interruption(stack):
            raise InterruptedStackError(interruption)

    def interruption(self, stack: str) -> Interruption | None:
        """What a killed run of `stack` left behind, or None."""
        return find_interruption(self.state, self.project.name, stack)

    def _of_the_manager(self) -> dict[str, str]:
        """The host's variables that open the manager, where a stack refers to it."""
        used = self.store and any(self.project.stored_references(stack) for stack in self.stacks())
        return self.store.variables(os.environ) if self.store and used else {}

    def _operate(
        self,
        command: str,
        stack: str,
        args: Sequence[str],
        pack: Path | None,
        timeout: float | None,
        stream: OnLine | None,
    ) -> Completed:
        line = self.operation(command, stack, *args, pack=pack)
        return self.pulumi(*line, timeout=timeout, stream=stream)

    def _checkpoint(self, stack: str) -> Path:
        return self.state / ".pulumi" / "stacks" / self.project.name / f"{stack}.json"
