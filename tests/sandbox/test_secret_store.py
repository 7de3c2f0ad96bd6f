"""The manager that stacks of a sandbox take their secrets from: which it is, what it opens, what is written there."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import NotWrittenError, SandboxError
from sandbox.home import Sandbox
from sandbox.secret_store import SecretStore
from sandbox.secret_writing import rotate, seed
from soc2_guardrails.engine import Engine, Source
from soc2_guardrails.secrets import Fetched, Reference, fetch_all
from tests.aws_server import AwsServer
from tests.vault_server.server import VaultServer

HOST = {"VAULT_TOKEN": "canary-vault", "VAULT_ADDR": "https://vault.example", "AWS_PROFILE": "canary-aws"}


def named(place: str) -> SecretStore:
    store = SecretStore.named({"SOC2_DEMO_SECRETS": place})
    assert store
    return store


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\nstackConfigDir: stacks\n")
    (folder / "stacks" / "Pulumi.dev.yaml").write_text("config:\n  a: env://ONE\n  b: env://TWO\n")
    return folder


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("VAULT_", "AWS_", "SOC2_")):
            monkeypatch.delenv(name)
    for name, value in HOST.items():
        monkeypatch.setenv(name, value)


def opened(tmp_path: Path, program: Path, store: SecretStore | None) -> Sandbox:
    engine = Engine(tmp_path / "bin" / "pulumi", "3.250.0", Source.BUILT)
    return Sandbox.open(tmp_path / "sandbox", repository=program, engine=engine, store=store)


class TestWhichItIs:
    def test_none_unless_it_is_named(self) -> None:
        assert SecretStore.named({"VAULT_ADDR": "https://vault.example", "VAULT_TOKEN": "t"}) is None
        assert SecretStore.named({"SOC2_DEMO_SECRETS": ""}) is None

    @pytest.mark.parametrize(
        ("place", "reference"),
        [
            ("vault://secret/soc2-demo", "vault://secret/soc2-demo/dev/ONE#value"),
            ("vault://secret/", "vault://secret/dev/ONE#value"),
            ("aws-sm://soc2-demo", "aws-sm://soc2-demo/dev/ONE"),
        ],
    )
    def test_every_variable_has_a_secret_of_its_own(self, place: str, reference: str) -> None:
        assert str(named(place).reference("dev", "ONE")) == reference

    @pytest.mark.parametrize(
        "place",
        [
            "vault://",
            "vault://secret/demo#field",
            "aws-sm://a?stage=B",
            "gcp-sm://a/b",
            "env://A",
            "canary",
            "vault://a/../b",
        ],
    )
    def test_what_is_no_folder_is_refused(self, place: str) -> None:
        with pytest.raises(SandboxError, match="vault://secret/soc2-demo") as refused:
            named(place)
        assert "canary" not in str(refused.value)


@pytest.mark.usefixtures("host")
class TestWhatItOpens:
    def test_stack_files_refer_to_it_and_processes_can_open_it(
        self, tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOC2_DEMO_SECRETS", "vault://secret/demo")
        sandbox = opened(tmp_path, program, SecretStore.named(os.environ))
        copy = (sandbox.project.copy / "stacks" / "Pulumi.dev.yaml").read_text()
        assert "a: vault://secret/demo/dev/ONE#value" in copy
        assert "env://" not in copy
        environment = sandbox.environment()
        assert {name: environment.get(name) for name in HOST} == {**HOST, "AWS_PROFILE": None}
        assert "AWS_PROFILE" in sandbox.removed_names()
        assert not {"VAULT_TOKEN", "SOC2_DEMO_SECRETS"} & set(sandbox.removed_names())
        assert "ONE" not in environment
        assert not (sandbox.directory / "placeholders.json").exists()

    def test_without_it_nothing_of_a_manager_is_passed(self, tmp_path: Path, program: Path) -> None:
        sandbox = opened(tmp_path, program, None)
        assert "a: env://ONE" in (sandbox.project.copy / "stacks" / "Pulumi.dev.yaml").read_text()
        assert not HOST.keys() & sandbox.environment().keys()
        assert HOST.keys() <= set(sandbox.removed_names())

    def test_nor_where_no_stack_refers_to_it(self, tmp_path: Path, program: Path) -> None:
        (program / "stacks" / "Pulumi.dev.yaml").write_text("config: {a: b}\n")
        sandbox = opened(tmp_path, program, named("vault://secret/demo"))
        assert not HOST.keys() & sandbox.environment().keys()


class TestWhatIsWritten:
    @pytest.fixture(params=["vault", "aws"])
    def place(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretStore]:
        server: VaultServer | AwsServer = request.getfixturevalue(request.param)
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        if isinstance(server, VaultServer):
            yield named(f"vault://{server.key_values()}/demo")
        else:
            yield named(f"aws-sm://demo-{uuid.uuid4().hex}")

    @staticmethod
    def read(reference: Reference) -> Fetched:
        answer = fetch_all([reference], os.environ)[reference]
        assert isinstance(answer, Fetched), answer
        return answer

    def test_what_is_there_is_never_overwritten(self, place: SecretStore) -> None:
        one, two = place.reference("dev", "ONE"), place.reference("dev", "TWO")
        assert seed(place, [one], os.environ) == (1, 0)
        held = self.read(one)
        assert seed(place, [one, two], os.environ) == (1, 1)
        assert self.read(one) == held
        assert self.read(two).value != held.value

    def test_a_rotation_is_a_new_version(self, place: SecretStore) -> None:
        reference = place.reference("dev", "ONE")
        seed(place, [reference], os.environ)
        before = self.read(reference)
        rotate(place, reference, os.environ)
        after = self.read(reference)
        assert after.value != before.value
        assert after.version != before.version

    def test_a_secret_that_is_not_there_is_not_rotated(self, place: SecretStore) -> None:
        with pytest.raises(NotWrittenError, match="was not written"):
            rotate(place, place.reference("dev", "NONE"), os.environ)


def test_somebodys_own_value_is_not_rotated(vault: VaultServer) -> None:
    mount = vault.key_values()
    vault.write(mount, "demo/dev/ONE", value="canary-of-somebody")
    place = named(f"vault://{mount}/demo")
    with pytest.raises(NotWrittenError, match="may be somebody's") as refused:
        rotate(place, place.reference("dev", "ONE"), vault.environment())
    assert "canary" not in str(refused.value)
    assert (
        vault.root.secrets.kv.v2.read_secret_metadata("demo/dev/ONE", mount_point=mount)["data"]["current_version"] == 1
    )


def test_a_token_that_may_only_read_rotates_nothing(vault: VaultServer) -> None:
    mount = vault.key_values()
    place = named(f"vault://{mount}/demo")
    reference = place.reference("dev", "ONE")
    seed(place, [reference], vault.environment())
    token = vault.token_with(f'path "{mount}/data/*" {{ capabilities = ["read"] }}')
    with pytest.raises(NotWrittenError, match="permission denied"):
        rotate(place, reference, vault.environment(VAULT_TOKEN=token))
    with pytest.raises(NotWrittenError, match="permission denied"):
        seed(place, [place.reference("dev", "TWO")], vault.environment(VAULT_TOKEN=token))


def test_an_engine_without_versions_is_refused(vault: VaultServer) -> None:
    place = named(f"vault://{vault.key_values(version=1)}/demo")
    with pytest.raises(NotWrittenError, match="of version 2"):
        seed(place, [place.reference("dev", "ONE")], vault.environment())


def test_no_credentials_are_an_error_that_says_so(tmp_path: Path) -> None:
    place = named("vault://secret/demo")
    with pytest.raises(SandboxError, match="VAULT_ADDR is not set"):
        seed(place, [], {"HOME": str(tmp_path)})
    with pytest.raises(SandboxError, match="no credentials for Vault"):
        seed(place, [], {"HOME": str(tmp_path), "VAULT_ADDR": "http://127.0.0.1:1"})
