"""Engine, state, secrets, git, pack, signing and store, each as it is and as it should not be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from policies.judge.registry import rules
from soc2_guardrails.doctor import Finding, Level
from soc2_guardrails.doctor.backend import backend, secrets_providers
from soc2_guardrails.doctor.engine import engine as look_at_engine
from soc2_guardrails.doctor.engine import plugins
from soc2_guardrails.doctor.evidence import signing, store
from soc2_guardrails.doctor.pack import pack
from soc2_guardrails.doctor.repository import repository
from soc2_guardrails.doctor.secret_managers import secret_managers
from soc2_guardrails.engine import Engine
from soc2_guardrails.packs import pack_digest
from soc2_guardrails.workspace import Workspace

PACK = Path(__file__).resolve().parents[3] / "policies"


def worst(findings: Iterable[Finding]) -> Finding:
    found = list(findings)
    assert found
    for each in found:
        assert bool(each.mend) is (each.level is not Level.OK), each
    order = list(Level)
    return max(found, key=lambda each: order.index(each.level))


def workspace(folder: Path, text: str = "") -> Workspace:
    (folder / "soc2.yaml").write_text(text)
    return Workspace.read(folder / "soc2.yaml")


class TestEngine:
    def test_the_one_of_the_project(self, engine: Engine, repository: Path) -> None:
        found = worst(look_at_engine(repository / ".soc2" / "engine"))
        assert found.level is Level.OK
        assert f"Pulumi CLI {engine.version}" in found.what

    def test_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        found = worst(look_at_engine(tmp_path))
        assert found.level is Level.PROBLEM
        assert "scripts/setup" in found.mend

    def test_one_that_does_not_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        broken = tmp_path / "pulumi"
        broken.write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(0o755)
        assert worst(look_at_engine(tmp_path / "none")).level is Level.PROBLEM


class TestPlugins:
    def test_missing_ones_are_named_with_the_command(self, tmp_path: Path) -> None:
        found = list(plugins(tmp_path, {"PULUMI_HOME": str(tmp_path)}))
        mends = [each.mend for each in found if each.level is Level.WARNING]
        assert any(mend.startswith("pulumi plugin install resource github v") for mend in mends)
        assert any("resource vercel v" in mend and "--server github://" in mend for mend in mends)

    def test_that_may_not_be_downloaded_are_a_problem(self, tmp_path: Path) -> None:
        environment = {"PULUMI_HOME": str(tmp_path), "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
        assert worst(plugins(tmp_path, environment)).level is Level.PROBLEM


@pytest.mark.engine
class TestBackend:
    def asked(self, cli: Path, folder: Path, **environment: str) -> Finding:
        home = folder / "home"
        home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        return worst(backend(cli, folder, {**kept, "PULUMI_HOME": str(home), **environment}))

    def test_a_folder_is_less_than_it_should_be(self, engine: Engine, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        found = self.asked(engine.path, tmp_path, PULUMI_BACKEND_URL=(tmp_path / "state").as_uri())
        assert found.level is Level.WARNING
        assert "s3://BUCKET" in found.mend
        assert "docs/secrets.md" in found.mend

    def test_nobody_is_logged_in(self, engine: Engine, tmp_path: Path) -> None:
        found = self.asked(engine.path, tmp_path)
        assert found.level is Level.PROBLEM
        assert "pulumi login" in found.mend


class TestBackendAddress:
    def cli(self, folder: Path, script: str) -> Path:
        path = folder / "pulumi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def test_a_shared_one_is_shown_without_credentials(self, tmp_path: Path) -> None:
        told = json.dumps(
            {"user": "ada", "url": "postgres://ada:canary-4711@db.example.com/state?sslpassword=canary-4712"}
        )
        found = worst(backend(self.cli(tmp_path, f"echo '{told}'"), tmp_path, dict(os.environ)))
        assert found.level is Level.OK
        assert found.what == "kept at postgres://db.example.com/state"

    def test_of_a_bucket_the_versions_are_left_to_the_reader(self, tmp_path: Path) -> None:
        told = json.dumps({"user": "ada", "url": "s3://acme-state?region=eu-central-1"})
        found = worst(backend(self.cli(tmp_path, f"echo '{told}'"), tmp_path, dict(os.environ)))
        assert found.level is Level.OK
        assert found.what.startswith("kept at s3://acme-state, locked while it is written; see that the bucket keeps")

    def test_one_that_hangs_is_given_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("soc2_guardrails.doctor.backend._SECONDS", 0.3)
        found = worst(backend(self.cli(tmp_path, "exec sleep 60"), tmp_path, dict(os.environ)))
        assert found.level is Level.PROBLEM
        assert "did not answer" in found.what


class TestSecretsProvider:
    @pytest.mark.parametrize(
        ("text", "level"),
        [
            ("secretsprovider: awskms://alias/x?region=eu-central-1\nencryptedkey: abc\nconfig: {}\n", Level.OK),
            ("encryptionsalt: v1:abc\nconfig: {}\n", Level.WARNING),
            ("secretsprovider: passphrase\nencryptionsalt: v1:abc\nconfig: {}\n", Level.WARNING),
            ("config: {}\n", Level.WARNING),
            ("config: {a: 1, a: 2}\n", Level.PROBLEM),
        ],
    )
    def test_of_a_stack_on_a_backend_of_ones_own(self, tmp_path: Path, text: str, level: Level) -> None:
        (tmp_path / "Pulumi.shop.yaml").write_text(text)
        found = worst(secrets_providers(tmp_path, [], {"PULUMI_BACKEND_URL": "s3://state"}))
        assert found.level is level
        if level is Level.WARNING:
            assert found.mend.startswith('pulumi stack change-secrets-provider --stack shop "awskms://')
            assert found.mend.endswith("docs/secrets.md tells the whole way under State")

    def test_pulumi_cloud_has_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.shop.yaml").write_text("config: {}\n")
        assert worst(secrets_providers(tmp_path, ["shop"], {})).level is Level.OK


class TestRepository:
    def git(self, folder: Path, *arguments: str) -> None:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)

    def test_none_clean_and_dirty(self, tmp_path: Path) -> None:
        assert "has no commit" in worst(repository(tmp_path)).what
        self.git(tmp_path, "init")
        (tmp_path / "file").touch()
        self.git(tmp_path, "add", ".")
        self.git(tmp_path, "commit", "-m", "first")
        assert worst(repository(tmp_path)).level is Level.OK
        (tmp_path / "file").write_text("changed")
        dirty = worst(repository(tmp_path))
        assert dirty.level is Level.WARNING
        assert "1 file differs" in dirty.what


class TestPack:
    def test_the_digest_that_is_asked_for(self, tmp_path: Path) -> None:
        digest = pack_digest(PACK)
        found = worst(pack(workspace(tmp_path, f"policyPack: {{path: {PACK}, digest: '{digest}'}}\n")))
        assert found.level is Level.OK
        assert f" with {len(rules())} rules, " in found.what, "the policy that takes the configuration is none"
        other = worst(pack(workspace(tmp_path, f"policyPack: {{path: {PACK}, digest: 'sha256:{'0' * 64}'}}\n")))
        assert other.level is Level.PROBLEM
        assert digest in other.what

    def test_one_that_is_none(self, tmp_path: Path) -> None:
        found = worst(pack(workspace(tmp_path, "policyPack: {path: nowhere}\n")))
        assert found.level is Level.PROBLEM
        assert "is no policy pack" in found.what

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('{"pack": {"profil": "baseline"}}', "policy.json cannot be read by the pack: 1 fault"),
            ('{"pack": {"profil": "x", "plans": {}}}', "policy.json cannot be read by the pack: 2 faults"),
            ("{", "no JSON"),
            ('{"all": "off"}', 'policy.json: all: "off" is no enforcement level'),
            ('{"pack": {"profile": "baseline"}}', ""),
        ],
    )
    def test_its_configuration(self, tmp_path: Path, text: str, told: str) -> None:
        (tmp_path / "policy.json").write_text(text)
        found = worst(pack(workspace(tmp_path, f"policyPack: {{path: {PACK}, configuration: policy.json}}\n")))
        assert found.level is (Level.PROBLEM if told else Level.OK)
        assert told in found.what
        assert found.mend or not told


class TestSigning:
    @pytest.fixture
    def key(self, tmp_path: Path) -> Path:
        private = Ed25519PrivateKey.generate()
        path = tmp_path / "key.pem"
        path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / "key.pub.pem").write_bytes(public)
        return path

    def test_nobody_signs(self, tmp_path: Path) -> None:
        found = worst(signing(workspace(tmp_path), {}))
        assert found.level is Level.WARNING
        assert "not signed" in found.what

    def test_a_key_that_is_trusted(self, tmp_path: Path, key: Path) -> None:
        stated = workspace(tmp_path, "evidence: {signing: {key: key.pem}, trust: {keys: [key.pub.pem]}}\n")
        assert worst(signing(stated, {})).level is Level.OK

    def test_a_key_that_nobody_trusts(self, tmp_path: Path, key: Path) -> None:
        found = worst(signing(workspace(tmp_path), {"SOC2_SIGNING_KEY": str(key)}))
        assert found.level is Level.WARNING
        assert "evidence.trust.keys" in found.mend

    def test_another_key_than_the_trusted_one(self, tmp_path: Path, key: Path) -> None:
        stated = workspace(tmp_path, "evidence: {trust: {keys: [key.pub.pem]}}\n")
        other = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        found = worst(signing(stated, {"SOC2_SIGNING_KEY": other}))
        assert found.level is Level.PROBLEM
        assert "does not trust" in found.what
        assert other.splitlines()[1] not in f"{found.what}{found.mend}"

    @pytest.mark.parametrize("text", ["signing: {key: nowhere.pem}", "trust: {keys: [nowhere.pem]}"])
    def test_a_key_that_cannot_be_read(self, tmp_path: Path, text: str) -> None:
        found = worst(signing(workspace(tmp_path, f"evidence: {{{text}}}\n"), {}))
        assert found.level is Level.PROBLEM
        assert "nowhere.pem" in found.what


class TestStore:
    def test_a_folder_that_can_be_made(self, tmp_path: Path) -> None:
        found = worst(store(workspace(tmp_path, "evidence: {store: {kind: folder, path: a/b}}\n")))
        assert found.level is Level.OK
        assert not (tmp_path / "a").exists(), "nothing is changed"

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "records").touch()
        found = worst(store(workspace(tmp_path, "evidence: {store: {kind: folder, path: records}}\n")))
        assert found.level is Level.PROBLEM


class TestSecretManagers:
    STACK = """\
config:
  github:owner: acme
  soc2-guardrails:settings:
    projects:
      web:
        repository: acme/shop
        secrets:
          STRIPE: {{production: "{stripe}"}}
          SESSION: {{production: "{session}"}}
"""

    def looked_at(self, folder: Path, environment: dict[str, str], stripe: str, session: str) -> list[Finding]:
        (folder / "Pulumi.shop.yaml").write_text(self.STACK.format(stripe=stripe, session=session))
        (folder / "Pulumi.risky.yaml").write_text("config: {soc2-guardrails:program: risky}\n")
        return list(secret_managers(folder, [], {"HOME": str(folder), **environment}))

    def test_each_manager_of_a_stack_has_a_line(self, tmp_path: Path) -> None:
        environment = {"VAULT_ADDR": "https://vault.example.com", "VAULT_TOKEN": "canary"}
        found = self.looked_at(tmp_path, environment, "vault://kv/shop#stripe", "env://SESSION")
        assert [(each.level, each.what) for each in found] == [
            (Level.OK, "shop: 1 reference to vault://; its library is there and finds credentials"),
            (Level.WARNING, "shop: 1 reference to env://; not set: SESSION"),
        ]
        assert "canary" not in repr(found)
        [_, found_env] = self.looked_at(
            tmp_path, {**environment, "SESSION": "s"}, "vault://kv/shop#stripe", "env://SESSION"
        )
        assert found_env.level is Level.OK

    @pytest.mark.parametrize(
        ("environment", "reference", "told"),
        [
            ({}, "vault://kv/shop#stripe", "VAULT_ADDR is not set"),
            ({"VAULT_ADDR": "https://v.example.com"}, "vault://kv/shop#stripe", "no credentials for Vault"),
            ({}, "esc://shop/production#stripe", "PULUMI_ACCESS_TOKEN"),
        ],
    )
    def test_what_is_missing_is_told(
        self, tmp_path: Path, environment: dict[str, str], reference: str, told: str
    ) -> None:
        [found] = self.looked_at(tmp_path, environment, reference, reference.replace("stripe", "session"))
        assert found.level is Level.WARNING
        assert found.what.startswith("shop: 2 references to ")
        assert told in found.what
        assert "docs/secrets.md" in found.mend

    def test_aws_takes_credentials_and_a_region(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [each for each in os.environ if each.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        [found] = self.looked_at(tmp_path, {}, "aws-sm://shop#a", "aws-sm://shop#b")
        assert "there are no credentials for AWS" in found.what
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
        [found] = self.looked_at(tmp_path, {}, "aws-sm://shop#a", "aws-sm://shop#b")
        assert "set AWS_REGION" in found.what
        [found] = self.looked_at(tmp_path, {"AWS_REGION": "eu-central-1"}, "aws-sm://shop#a", "aws-sm://shop#b")
        assert found.level is Level.OK

    def test_google_takes_credentials(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
        [found] = self.looked_at(tmp_path, {}, "gcp-sm://acme/a", "gcp-sm://acme/b")
        assert "no credentials for Google Cloud" in found.what

    def test_of_azure_it_cannot_be_told(self, tmp_path: Path) -> None:
        [found] = self.looked_at(tmp_path, {}, "azure-kv://acme/a", "azure-kv://acme/b")
        assert found.level is Level.OK
        assert "shows when it is asked" in found.what

    def test_a_library_that_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(sys.modules, "soc2_guardrails.secrets.sources.vault", raising=False)
        monkeypatch.setitem(sys.modules, "hvac", None)
        monkeypatch.delitem(sys.modules, "soc2_guardrails.secrets.sources.vault_client", raising=False)
        [found] = self.looked_at(tmp_path, {}, "vault://kv/a#a", "vault://kv/a#b")
        assert "pip install 'soc2-guardrails[vault]'" in found.what

    def test_a_file_that_is_refused_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.shop.yaml").write_text("config: {soc2-guardrails:settings: {}}\n")
        [found] = secret_managers(tmp_path, ["shop"], {})
        assert (found.level, found.mend) == (Level.PROBLEM, "soc2 stacks check shop")
