"""Fixtures that every part uses: the repository, the CLI, and sandboxes of a test's own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from sandbox.home import Sandbox
from soc2_guardrails.engine import Engine, search
from tests.aws_server import AwsServer
from tests.processes import kill_leftovers
from tests.vault_server.binary import SECONDS_TO_BUILD, NoVaultError, find_or_build
from tests.vault_server.server import VaultServer

MakeSandbox: TypeAlias = Callable[..., Sandbox]

_REPOSITORY = Path(__file__).resolve().parents[1]
_PROJECT = "name: soc2-guardrails\nruntime: python\nstackConfigDir: stacks\n"
_STACK = "config: {}\n"
_MISSING: list[str] = []


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this repository."""
    return _REPOSITORY


@pytest.fixture(scope="session")
def engine(repository: Path) -> Engine:
    """The CLI that set-up found or got; a test run without one is a failure, not a skip."""
    found = search(repository / ".soc2" / "engine")
    assert found.engine, f"no Pulumi CLI, run `make setup`: {'; '.join(found.rejected)}"
    return found.engine


@pytest.fixture
def make_sandbox(tmp_path: Path, repository: Path, engine: Engine) -> Iterator[MakeSandbox]:
    """Make sandboxes below `tmp_path`: `make_sandbox(program=None, name="sandbox", **open_options)`.

    `program` is a folder with a `__main__.py`; it gets a `Pulumi.yaml` and a stack `dev` if it has none. Without
    it the sandbox runs this repository's program and stacks. Left-over processes are killed at the end.
    """
    made: list[Path] = []

    def make(program: Path | None = None, name: str = "sandbox", **options: Any) -> Sandbox:
        directory = tmp_path / name
        made.append(directory)
        if program:
            _complete(program)
        return Sandbox.open(directory, repository=program or repository, engine=engine, **options)

    yield make
    for directory in made:
        kill_leftovers(directory)


@pytest.fixture(scope="session")
def vault(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[VaultServer]:
    """A real Vault server, which all tests share: each mounts an engine of its own and leaves the server unsealed."""
    try:
        binary = find_or_build(repository / ".soc2" / "vault", lambda line: _announce(request.config, line))
    except NoVaultError as error:
        if os.environ.get("CI"):
            raise
        _MISSING.append(str(error))
        pytest.skip(f"NOT TESTED WITH VAULT: {error}")
    with VaultServer(binary, tmp_path_factory.mktemp("vault")) as server:
        yield server


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsServer]:
    """AWS as moto serves it over HTTP, which all tests share: each makes secrets of its own."""
    with AwsServer(tmp_path_factory.mktemp("aws")) as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test that needs Vault the time to build it."""
    for item in items:
        if "vault" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS_TO_BUILD + 300))


def _announce(config: pytest.Config, line: str) -> None:
    capturing = config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if capturing is not None and reporter is not None:
        with capturing.global_and_fixture_disabled():
            reporter.write_line("")
            reporter.write_line(line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested here."""
    for reason in dict.fromkeys(_MISSING):
        terminalreporter.write_sep("!", "NOT TESTED WITH VAULT", red=True, bold=True)
        terminalreporter.write_line(reason)


def _complete(program: Path) -> None:
    if not (program / "Pulumi.yaml").exists():
        (program / "Pulumi.yaml").write_text(_PROJECT)
    stacks = program / "stacks"
    stacks.mkdir(exist_ok=True)
    if not list(stacks.glob("Pulumi.*.yaml")):
        (stacks / "Pulumi.dev.yaml").write_text(_STACK)
