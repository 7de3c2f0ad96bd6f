"""Times the sandbox's providers beside an echo provider: same program, same CLI, same language host."""

from __future__ import annotations

import shlex
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.account import Account
from sandbox.home import Completed, Sandbox
from sandbox.shims import provider_versions
from soc2_guardrails.engine import Engine

RESOURCES_OF_A_TEAM = 10
LIMITS = {"preview": 1.5, "deploy": 3.0}
"""How many times the echo provider's time each operation of the sandbox may take."""

ECHO, SANDBOX = "echo provider", "sandbox"

_HERE = Path(__file__).parent
_PROJECT = "name: bench\nruntime: python\nstackConfigDir: stacks\n"
_STACK = "dev"


class BenchError(Exception):
    """A run failed, or did not do what was to be timed."""


@dataclass
class Measurements:
    """The seconds each run took.

    Attributes:
        resources: how many the program declares.
        seconds: operation (`preview`, `deploy`) to subject (`ECHO`, `SANDBOX`) to one number a repetition.
    """

    resources: int
    seconds: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: {operation: {ECHO: [], SANDBOX: []} for operation in LIMITS}
    )

    def median(self, operation: str, subject: str) -> float:
        return statistics.median(self.seconds[operation][subject])

    def ratio(self, operation: str) -> float:
        return self.median(operation, SANDBOX) / self.median(operation, ECHO)

    def missed(self) -> list[str]:
        """The operations whose ratio is over its limit."""
        return [operation for operation, limit in LIMITS.items() if self.ratio(operation) > limit]

    def as_json(self) -> dict[str, object]:
        return {
            "resources": self.resources,
            "seconds": self.seconds,
            "ratios": {operation: self.ratio(operation) for operation in LIMITS},
            "limits": LIMITS,
        }


def measure(engine: Engine, resources: int, repetitions: int, say: Callable[[str], None]) -> Measurements:
    """Preview and deploy `resources` resources with either provider, `repetitions` times in turn.

    Raises:
        BenchError: a run failed.
    """
    measurements = Measurements(resources)
    for repetition in range(repetitions):
        # Whoever comes first finds the machine colder: they take turns.
        subjects = (ECHO, SANDBOX) if repetition % 2 == 0 else (SANDBOX, ECHO)
        for subject in subjects:
            with prepared(engine, subject) as sandbox:
                for operation in LIMITS:
                    seconds = _timed(sandbox, operation, resources)
                    measurements.seconds[operation][subject].append(seconds)
                    say(f"{repetition + 1}/{repetitions} {subject}, {operation}: {seconds:.1f} s")
                if subject == SANDBOX:
                    _require_stored(sandbox, resources)
    return measurements


@contextmanager
def prepared(engine: Engine, subject: str) -> Iterator[Sandbox]:
    """Yield a sandbox without any state, after a preview of one team that fills what is only filled once."""
    with TemporaryDirectory(prefix="soc2-bench-") as folder:
        program = Path(folder) / "program"
        shutil.copytree(_HERE / "program", program, ignore=shutil.ignore_patterns("__pycache__"))
        (program / "Pulumi.yaml").write_text(_PROJECT, "utf-8")
        (program / "stacks").mkdir()
        declare(program, RESOURCES_OF_A_TEAM)
        sandbox = Sandbox.open(Path(folder) / "sandbox", repository=program, engine=engine)
        if subject == ECHO:
            _put_echo_provider_into(sandbox.home)
        sandbox.select(_STACK)
        require_done(sandbox.preview(_STACK), RESOURCES_OF_A_TEAM)
        yield sandbox


def _timed(sandbox: Sandbox, operation: str, resources: int) -> float:
    declare(sandbox.project.source, resources)
    if operation == "preview":
        return preview(sandbox, resources)
    started = time.monotonic()
    completed = sandbox.up(_STACK)  # which deploys without a preview first
    seconds = time.monotonic() - started
    require_done(completed, resources)
    return seconds


def preview(sandbox: Sandbox, resources: int, pack: Path | None = None) -> float:
    """Preview what was declared, under a pack if given; the seconds it took.

    Raises:
        BenchError: it failed, or the pack refused it.
    """
    started = time.monotonic()
    completed = sandbox.preview(_STACK, pack=pack)
    seconds = time.monotonic() - started
    require_done(completed, resources)
    return seconds


def declare(program: Path, resources: int) -> None:
    """Have the program declare `resources` resources."""
    teams = resources // RESOURCES_OF_A_TEAM
    (program / "stacks" / f"Pulumi.{_STACK}.yaml").write_text(f"config:\n  bench:teams: {teams}\n", "utf-8")


def _put_echo_provider_into(home: Path) -> None:
    for name, version in provider_versions().items():
        command = shlex.join([sys.executable, str(_HERE / "echo_provider.py"), version])
        plugin = home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
        plugin.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")


def require_done(completed: Completed, resources: int) -> None:
    # The stack itself counts.
    if completed.returncode or f"+ {resources + 1} " not in completed.stdout:
        raise BenchError(f"`{' '.join(completed.args)}` failed:\n{completed.stdout}{completed.stderr}")


def _require_stored(sandbox: Sandbox, resources: int) -> None:
    stored = Account.open(sandbox.account_path).count()
    if stored != resources:
        raise BenchError(f"the account holds {stored} objects instead of {resources}")
