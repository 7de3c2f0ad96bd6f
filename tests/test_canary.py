"""A secret in every input that takes one shows in no output, log, event log, account listing or file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.account import Account
from sandbox.home import Completed, Sandbox
from sandbox.schema.cache import PACKAGES, load
from soc2_guardrails.engine import Engine
from tests.canary.declarations import MARK, Declarations, declare
from tests.conftest import MakeSandbox

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_ROOT = Path(__file__).parents[1]
_PROGRAMS = Path(__file__).parent / "canary"
_SECONDS = 180.0
_CANARY = re.compile(rf"{MARK}[\w-]*")

# Places that must be among those the schema yields: should it lose one, its values would go unwatched.
_NAMED = {
    "vercel AuditLogDrain.http.headers",
    "vercel AuditLogDrain.http.secret",
    "vercel CustomCertificate.privateKey",
    "vercel Deployment.environment",
    "vercel LogDrain.headers",
    "vercel LogDrain.secret",
    "vercel Project.environments.value",
    "vercel Project.passwordProtection.password",
    "vercel Project.trustedIps.addresses.value",
    "vercel ProjectEnvironmentVariable.value",
    "vercel ProjectEnvironmentVariable.valueWo",
    "vercel ProjectEnvironmentVariables.variables.value",
    "vercel ProjectProtectionBypass.secret",
    "vercel SharedEnvironmentVariable.value",
    "vercel SharedEnvironmentVariable.valueWo",
    "vercel TraceDrain.headers",
    "vercel TraceDrain.secret",
    "github ActionsEnvironmentSecret.value",
    "github ActionsOrganizationSecret.plaintextValue",
    "github ActionsSecret.encryptedValue",
    "github ActionsSecret.plaintextValue",
    "github ActionsSecret.value",
    "github ActionsSecret.valueEncrypted",
    "github CodespacesOrganizationSecret.plaintextValue",
    "github CodespacesSecret.plaintextValue",
    "github CodespacesUserSecret.plaintextValue",
    "github DependabotOrganizationSecret.value",
    "github DependabotSecret.value",
    "github OrganizationWebhook.configuration.secret",
    "github OrganizationWebhook.configuration.url",
    "github RepositoryWebhook.configuration.secret",
    "github RepositoryWebhook.configuration.url",
}


class Watch:
    """Looks for canaries in what runs of a sandbox write."""

    def __init__(self, sandbox: Sandbox, logs: Path) -> None:
        self.sandbox = sandbox
        self._logs = logs
        self._logs.mkdir()

    def run(self, operate: Callable[..., Completed], *args: str, expect: int | None = 0, **options: Path) -> Completed:
        """Run an operation of stack `args[0]` with an event log; check its exit code and all it wrote."""
        log = self._logs / f"{len(list(self._logs.iterdir()))}-{operate.__name__}.jsonl"
        completed = operate(*args, "--event-log", str(log), timeout=_SECONDS, **options)
        assert expect is None or completed.returncode == expect, completed.stdout + completed.stderr
        assert log.stat().st_size, "the engine wrote no event log"
        self.see_none(f"output of {operate.__name__}", completed.stdout + completed.stderr)
        self.see_none(f"event log of {operate.__name__}", log.read_text("utf-8"))
        self.see_none_in_files()
        return completed

    def query(self, *command: str) -> str:
        """Run any command in the project's folder; return its output."""
        completed = subprocess.run(
            command,
            cwd=self.sandbox.project.copy
            if command[0] == str(self.sandbox.engine.path)
            else self.sandbox.project.source,
            env={**self.sandbox.environment(), "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    def pulumi(self, *args: str) -> str:
        return self.query(str(self.sandbox.engine.path), "--non-interactive", *args)

    def command_line(self, *args: str) -> str:
        return self.query(sys.executable, "-m", "sandbox", *args)

    def see_none_in_listings(self, stack: str) -> None:
        """Check what shows the account and the state."""
        listed = self.command_line("account", "list", "--json")
        self.see_none("account list --json", listed)
        self.see_none("account list", self.command_line("account", "list"))
        # What `account show` prints of one object is what the list prints of all.
        address = json.loads(listed)[0]["address"]
        self.see_none("account show", self.command_line("account", "show", address))
        for args in (("stack", "export"), ("stack", "output", "--json"), ("stack",), ("config",)):
            self.see_none(" ".join(args), self.pulumi(*args, "--stack", stack))

    def see_none_in_files(self) -> None:
        """Check every file of the sandbox but the account's own, the state included: it must be encrypted."""
        for path in self._files():
            self.see_none(str(path), path.read_bytes().decode("utf-8", errors="replace"))

    def see_none(self, where: str, text: str) -> None:
        assert not sorted(set(_CANARY.findall(text))), f"in {where}"

    def _files(self) -> Iterator[Path]:
        for path in self.sandbox.directory.rglob("*"):
            if path.is_file() and not path.name.startswith(self.sandbox.account_path.name):
                yield path


@pytest.fixture
def watched(make_sandbox: MakeSandbox, tmp_path: Path, engine: Engine) -> Callable[[str], Watch]:
    """Set up a program of `tests/canary` so that `python -m sandbox` serves it too."""

    def watch(name: str) -> Watch:
        program = tmp_path / name
        shutil.copytree(_PROGRAMS / name, program, ignore=shutil.ignore_patterns("__pycache__"))
        (program / ".soc2").mkdir()
        (program / ".soc2" / "engine").symlink_to(engine.path.parent)
        return Watch(make_sandbox(program, f"{name}/.soc2/sandbox"), tmp_path / "logs")

    return watch


@pytest.fixture
def declarations(tmp_path: Path) -> Declarations:
    return declare([load(package, tmp_path / "schemas") for package in PACKAGES])


def test_secrets_of_every_type_of_both_sdks(
    watched: Callable[[str], Watch], declarations: Declarations, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert declarations.values.keys() >= _NAMED
    watch = watched("program")
    sandbox = watch.sandbox
    (sandbox.project.source / "declarations.json").write_text(json.dumps(declarations.resources))
    monkeypatch.setenv("CANARY_TURN", "1")

    # Some of it breaks rules, so the pack's messages are among the outputs.
    refused = watch.run(sandbox.preview, "dev", "--diff", pack=_ROOT / "policies", expect=None)
    assert "mend: " in refused.stdout
    watch.run(sandbox.preview, "dev", "--diff")
    watch.run(sandbox.preview, "dev", "--json")
    watch.run(sandbox.up, "dev", "--diff")
    everything = set(declarations.values.values()) | {
        f"{MARK}-{own}" for own in ("provider-apiToken", "provider-token", "provider-pemFile", "program")
    }
    exported = watch.pulumi("stack", "export", "--stack", "dev", "--show-secrets")
    missing = {value for value in everything if f"{value}-1" not in exported}
    assert not missing, "these never reached the state, so nothing was shown of them"
    watch.see_none_in_listings("dev")

    monkeypatch.setenv("CANARY_TURN", "2")
    watch.run(sandbox.preview, "dev", "--diff")
    watch.run(sandbox.up, "dev", "--diff")
    watch.see_none_in_listings("dev")
    watch.run(sandbox.refresh, "dev", "--diff")
    watch.run(sandbox.destroy, "dev", "--diff")


@pytest.mark.parametrize("stack", ["storefront", "clinic"])
def test_secrets_that_a_stack_file_refers_to(
    make_sandbox: MakeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: str
) -> None:
    sandbox = make_sandbox(own_values=True)
    stack_file = sandbox.project.stacks_folder / f"Pulumi.{stack}.yaml"
    names = sorted(set(re.findall(r"env://(\w+)", stack_file.read_text("utf-8"))))
    assert len(names) > 5
    for name in names:
        monkeypatch.setenv(name, f"{MARK}-{name}")
    watch = Watch(sandbox, tmp_path / "logs")

    watch.run(sandbox.preview, stack, "--diff", pack=_ROOT / "policies")
    watch.run(sandbox.up, stack, "--diff", pack=_ROOT / "policies")
    exported = watch.pulumi("stack", "export", "--stack", stack, "--show-secrets")
    assert not [name for name in names if f"{MARK}-{name}" not in exported]
    watch.see_none("the account", repr(Account.open(sandbox.account_path).list()))
    watch.run(sandbox.refresh, stack, "--diff")
    watch.run(sandbox.destroy, stack, "--diff")


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("wrong type", "value must be a string, not an array"),
        ("unknown property", "unknown property 'valeu'"),
        ("missing property", "missing property 'key'"),
        ("clash", "already exists"),
        ("missing project", "there is no Project 'prj_missing'"),
        ("missing secret project", "there is no Project [secret]"),
    ],
)
def test_secrets_of_a_refused_resource(
    watched: Callable[[str], Watch], monkeypatch: pytest.MonkeyPatch, refusal: str, reason: str
) -> None:
    watch = watched("refused")
    monkeypatch.setenv("CANARY_REFUSAL", refusal)
    refused = watch.run(watch.sandbox.up, "dev", "--diff", expect=None)
    assert refused.returncode != 0
    assert reason in refused.stdout + refused.stderr
