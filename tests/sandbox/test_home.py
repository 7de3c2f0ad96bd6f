"""A sandbox on disk."""

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.errors import NotAProjectError, UnwritableError
from sandbox.home import Sandbox
from soc2_guardrails.engine import Engine, Source
from soc2_guardrails.settings import SettingsError

MakeSandbox = Callable[..., Sandbox]

PROGRAM = """
import os
import pulumi
pulumi.export("seen", sorted(os.environ))
pulumi.export("payment", pulumi.Output.secret(os.environ.get("PAYMENT_KEY")))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    (folder / "stacks").mkdir(parents=True)
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "stacks" / "Pulumi.dev.yaml").write_text("config:\n  soc2-guardrails:key: env://PAYMENT_KEY\n")
    (folder / "stacks" / "Pulumi.live.yaml").write_text("config: {}\n")
    (folder / "Pulumi.yaml").write_text("name: soc2-guardrails\nruntime: python\nstackConfigDir: stacks\n")
    return folder


@pytest.fixture
def some_engine(tmp_path: Path) -> Engine:
    """For what needs no CLI to run."""
    return Engine(tmp_path / "bin" / "pulumi", "3.250.0", Source.BUILT)


def opened(tmp_path: Path, program: Path, engine: Engine, **options: Any) -> Sandbox:
    return Sandbox.open(tmp_path / "sandbox", repository=program, engine=engine, **options)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestLayout:
    def test_opening_again_changes_nothing(self, tmp_path: Path, program: Path, some_engine: Engine) -> None:
        sandbox = opened(tmp_path, program, some_engine)
        sandbox.environment()
        before = {path: path.stat().st_mtime_ns for path in sandbox.directory.rglob("*")}
        again = opened(tmp_path, program, some_engine)
        again.environment()
        assert {path: path.stat().st_mtime_ns for path in sandbox.directory.rglob("*")} == before

    def test_plugins_stand_under_the_versions_the_sdks_ask_for(
        self, tmp_path: Path, program: Path, some_engine: Engine
    ) -> None:
        plugins = opened(tmp_path, program, some_engine).home / "plugins"
        for path in (
            plugins / "resource-vercel-v5.21.1" / "pulumi-resource-vercel",
            plugins / "resource-github-v6.15.0" / "pulumi-resource-github",
            plugins / "language-python-v3.272.0" / "pulumi-language-python",
        ):
            assert os.access(path, os.X_OK), path

    def test_no_language_host_is_placed_beside_a_cli_that_has_one(
        self, tmp_path: Path, program: Path, some_engine: Engine
    ) -> None:
        some_engine.path.parent.mkdir()
        (some_engine.path.parent / "pulumi-language-python").touch()
        plugins = opened(tmp_path, program, some_engine).home / "plugins"
        assert not list(plugins.glob("language-*"))

    def test_secrets_of_its_own_are_readable_by_their_owner_only(
        self, tmp_path: Path, program: Path, some_engine: Engine
    ) -> None:
        sandbox = opened(tmp_path, program, some_engine)
        sandbox.environment()
        for name in ("passphrase", "placeholders.json"):
            assert stat.S_IMODE((sandbox.directory / name).stat().st_mode) == 0o600

    def test_the_copy_points_at_the_program(self, tmp_path: Path, program: Path, some_engine: Engine) -> None:
        sandbox = opened(tmp_path, program, some_engine)
        copied = yaml.safe_load((sandbox.project.copy / "Pulumi.yaml").read_text())
        assert copied["main"] == str(program)
        assert copied["runtime"]["name"] == "python"

    def test_a_folder_without_a_project_is_refused(self, tmp_path: Path, some_engine: Engine) -> None:
        with pytest.raises(NotAProjectError, match=r"no Pulumi\.yaml"):
            opened(tmp_path, tmp_path, some_engine)

    @pytest.mark.parametrize("text", ["", "- a list", "runtime: python", "name: [unclosed"])
    def test_a_project_file_that_names_no_project_is_refused(
        self, tmp_path: Path, program: Path, some_engine: Engine, text: str
    ) -> None:
        (program / "Pulumi.yaml").write_text(text)
        with pytest.raises(NotAProjectError, match=r"Pulumi\.yaml"):
            opened(tmp_path, program, some_engine)

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path, program: Path, some_engine: Engine) -> None:
        (tmp_path / "sandbox").touch()
        with pytest.raises(UnwritableError, match=r"Cannot write to .*sandbox"):
            opened(tmp_path, program, some_engine)


class TestStackCopies:
    def test_what_the_engine_wrote_is_kept_and_the_rest_is_fresh(
        self, tmp_path: Path, program: Path, some_engine: Engine
    ) -> None:
        sandbox = opened(tmp_path, program, some_engine)
        copied = sandbox.project.copy / "stacks" / "Pulumi.live.yaml"
        copied.write_text("config:\n  old: 1\nencryptionsalt: v1:abc\n")
        (program / "stacks" / "Pulumi.live.yaml").write_text("config:\n  new: 2")
        sandbox.project.write_copy()
        assert yaml.safe_load(copied.read_text()) == {"config": {"new": 2}, "encryptionsalt": "v1:abc"}

    def test_an_unknown_stack_names_the_nearest(self, tmp_path: Path, program: Path, some_engine: Engine) -> None:
        with pytest.raises(SettingsError, match=r"did you mean live\?.*dev, live"):
            opened(tmp_path, program, some_engine).select("lve")

    def test_a_malformed_stack_file_is_named(self, tmp_path: Path, program: Path, some_engine: Engine) -> None:
        (program / "stacks" / "Pulumi.dev.yaml").write_text("config: [unclosed\n")
        with pytest.raises(SettingsError, match=r"stacks/Pulumi\.dev\.yaml"):
            opened(tmp_path, program, some_engine).select("dev")


class TestEnvironment:
    def test_references_get_the_same_made_up_value_each_time(
        self, tmp_path: Path, program: Path, some_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PAYMENT_KEY", "canary-of-the-user")
        first = opened(tmp_path, program, some_engine).environment()["PAYMENT_KEY"]
        assert re.fullmatch(r"sandbox-[\w-]{32}", first)
        assert opened(tmp_path, program, some_engine).environment()["PAYMENT_KEY"] == first

    def test_the_users_own_values_are_used_only_when_asked(
        self, tmp_path: Path, program: Path, some_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PAYMENT_KEY", "canary-of-the-user")
        asked = opened(tmp_path, program, some_engine, own_values=True)
        assert asked.environment()["PAYMENT_KEY"] == "canary-of-the-user"

    def test_credentials_of_the_host_are_named_and_not_passed(
        self, tmp_path: Path, program: Path, some_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VERCEL_API_TOKEN", "canary-4711")
        monkeypatch.setenv("PULUMI_BACKEND_URL", "https://theirs.example")
        sandbox = opened(tmp_path, program, some_engine)
        environment = sandbox.environment()
        assert "VERCEL_API_TOKEN" in sandbox.removed_names()
        assert "canary-4711" not in environment.values()
        assert environment["PULUMI_BACKEND_URL"] == f"{sandbox.state.as_uri()}?metadata=skip"
        assert environment["SOC2_SANDBOX"] == str(sandbox.directory)


@pytest.mark.engine
class TestRuns:
    def test_the_users_own_set_up_and_the_repository_stay_untouched(
        self, make_sandbox: MakeSandbox, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = tmp_path / "user"
        home.mkdir()
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("PULUMI_HOME", str(home / ".pulumi"))
        before = tree(program)
        sandbox = make_sandbox(program)
        up = sandbox.up("dev")
        assert up.returncode == 0, up.stdout + up.stderr
        assert sandbox.destroy("dev").returncode == 0
        assert tree(home) == {}
        assert {name: text for name, text in tree(program).items() if "__pycache__" not in name} == before

    def test_a_run_sees_the_made_up_value_and_shows_it_nowhere(
        self, make_sandbox: MakeSandbox, program: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", "canary-4711")
        lines: list[str] = []
        sandbox = make_sandbox(program)
        up = sandbox.up("dev", stream=lines.append)
        assert up.returncode == 0
        assert [line for line in up.stdout.splitlines() if line] == [line for line in lines if line]
        shown = sandbox.pulumi("stack", "output", "--json", "--show-secrets", "--stack", "dev", check=True).stdout
        outputs = json.loads(shown)
        assert outputs["payment"] == sandbox.environment()["PAYMENT_KEY"]
        assert "GITHUB_TOKEN" not in outputs["seen"]
        written = b"".join(tree(sandbox.state).values()) + b"".join(tree(sandbox.home).values())
        assert outputs["payment"].encode() not in written
        assert outputs["payment"] not in up.stdout

    def test_stacks_do_not_disturb_each_other(self, make_sandbox: MakeSandbox, program: Path) -> None:
        sandbox = make_sandbox(program)
        assert sandbox.up("dev").returncode == 0
        assert sandbox.up("live").returncode == 0
        assert sandbox.preview("dev", "--expect-no-changes").returncode == 0
