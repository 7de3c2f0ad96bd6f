"""Secrets of real managers on the real engine: a rotation changes what uses it, and a fault changes nothing."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.account import Account
from sandbox.home import Completed, Sandbox
from tests.aws_server import AwsServer
from tests.conftest import MakeSandbox
from tests.misbehaving_server import MisbehavingServer, Reply
from tests.vault_server.server import VaultServer

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROGRAM = ("__main__.py", "Pulumi.yaml", "components", "soc2_guardrails", "stacks")
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
CANARY = "canary-6ab21c"

STACK_FILE = """\
config:
  github:owner: acme
  vercel:team: acme
  soc2-guardrails:settings:
    projects:
      web:
        repository: acme/shop
        secrets:
          STRIPE:
            production: vault://{kv}/shop/prod#stripe
            preview: vault://{kv}/shop/preview#stripe
          SESSION:
            production: vault://{kv}/session#key
          DATABASE:
            production: aws-sm://{aws}#url
          MAIL:
            production: aws-sm://{mail}
    logDrains:
      audit:
        projects: [web]
        endpoint: https://logs.acme.example/in
        signingSecret: vault://{kv}/drain#signing
"""


class Shop:
    """A stack whose secrets are in Vault and in AWS Secrets Manager, in a sandbox that reaches both."""

    def __init__(
        self, sandbox: Sandbox, vault: VaultServer, aws: AwsServer, kv: str, aws_names: tuple[str, str]
    ) -> None:
        self.sandbox = sandbox
        self.vault = vault
        self.aws = aws
        self.kv = kv
        self.database, self.mail = aws_names
        self.changes: dict[str, str] = {}
        self._own = sandbox.environment
        self._printed: list[str] = []

    def environment(self) -> dict[str, str]:
        return {**self._own(), **self.vault.environment(), **self.aws.environment(), **self.changes}

    def preview(self, *args: str) -> Completed:
        return self._seen(self.sandbox.preview("shop", *args))

    def up(self) -> Completed:
        return self._seen(self.sandbox.up("shop"))

    def changed(self) -> set[str]:
        """The names of the resources that a preview would change."""
        preview = self.preview("--json")
        assert preview.returncode == 0, preview.stdout + preview.stderr
        steps = json.loads(preview.stdout)["steps"]
        return {step["urn"].rpartition("::")[2] for step in steps if step["op"] != "same"}

    def state(self) -> tuple[dict[str, object], str]:
        """All there is: the stack's resources by their URNs, and the account's objects."""
        self._look_at(self.sandbox.pulumi("stack", "export", "--stack", "shop", check=True).stdout)
        # Decrypted, since every run encrypts anew.
        decrypted = self.sandbox.pulumi("stack", "export", "--stack", "shop", "--show-secrets", check=True).stdout
        resources = json.loads(decrypted)["deployment"]["resources"]
        # Without what every run notes anew of the stack itself, such as the time.
        held: dict[str, object] = {
            item["urn"]: [item.get(key) for key in ("id", "inputs", "outputs")] for item in resources
        }
        return held, repr(Account.open(self.sandbox.account_path).list())

    def look_everywhere(self) -> None:
        """Search what was printed, and every file of the sandbox but the account's own, for values."""
        self._look_at("".join(self._printed))
        for path in self.sandbox.directory.rglob("*"):
            if path.is_file() and not path.name.startswith(self.sandbox.account_path.name):
                self._look_at(path.read_bytes().decode("utf-8", errors="replace"))

    def _seen(self, completed: Completed) -> Completed:
        self._printed.append(completed.stdout + completed.stderr)
        return completed

    @staticmethod
    def _look_at(text: str) -> None:
        assert not re.findall(rf"{CANARY}[\w-]*", text)


@pytest.fixture
def shop(
    make_sandbox: MakeSandbox,
    vault: VaultServer,
    aws: AwsServer,
    tmp_path: Path,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    kv = vault.key_values()
    vault.write(kv, "shop/prod", stripe=f"{CANARY}-stripe")
    vault.write(kv, "shop/preview", stripe=f"{CANARY}-stripe-preview")
    vault.write(kv, "session", key=f"{CANARY}-session")
    vault.write(kv, "drain", signing=f"{CANARY}-signing-{'x' * 32}")
    names = (f"{kv}/database", f"{kv}/mail")
    manager = aws.client("secretsmanager")
    manager.create_secret(Name=names[0], SecretString=json.dumps({"url": f"{CANARY}-database"}))
    manager.create_secret(Name=names[1], SecretString=f"{CANARY}-mail")
    program = tmp_path / "program"
    program.mkdir()
    for name in PROGRAM:
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, program / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, program / name)
    (program / "stacks" / "Pulumi.shop.yaml").write_text(STACK_FILE.format(kv=kv, aws=names[0], mail=names[1]))
    sandbox = make_sandbox(program)
    made = Shop(sandbox, vault, aws, kv, names)
    # A sandbox takes no credentials of its host along; these open servers of this test.
    monkeypatch.setattr(sandbox, "environment", made.environment)
    yield made
    made.look_everywhere()


def test_a_rotation_changes_what_uses_it_and_nothing_else(shop: Shop) -> None:
    up = shop.up()
    assert up.returncode == 0, up.stdout + up.stderr
    assert shop.changed() == set()

    shop.vault.write(shop.kv, "shop/prod", stripe=f"{CANARY}-stripe-2")
    assert shop.changed() == {"web-STRIPE-production"}
    shop.aws.client("secretsmanager").put_secret_value(SecretId=shop.mail, SecretString=f"{CANARY}-mail-2")
    assert shop.changed() == {"web-STRIPE-production", "web-MAIL-production"}
    again = shop.up()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "2 updated" in again.stdout
    assert shop.changed() == set()
    shop.state()


def _wrong_token(shop: Shop) -> None:
    shop.changes["VAULT_TOKEN"] = f"hvs.{CANARY}"


def _missing_path(shop: Shop) -> None:
    shop.vault.root.secrets.kv.v2.delete_metadata_and_all_versions("session", mount_point=shop.kv)


def _missing_field(shop: Shop) -> None:
    shop.vault.write(shop.kv, "session", other=f"{CANARY}-other")


def _deleted(shop: Shop) -> None:
    shop.vault.root.secrets.kv.v2.delete_latest_version_of_secret("session", mount_point=shop.kv)


def _empty(shop: Shop) -> None:
    shop.vault.write(shop.kv, "session", key="")


def _not_json(shop: Shop) -> None:
    shop.aws.client("secretsmanager").put_secret_value(SecretId=shop.database, SecretString=f"{CANARY}-plain")


def _scheduled_for_deletion(shop: Shop) -> None:
    shop.aws.client("secretsmanager").delete_secret(SecretId=shop.mail, RecoveryWindowInDays=7)


FAULTS: list[tuple[Callable[[Shop], None], int, str]] = [
    (_wrong_token, 4, r"line 14: .*\.SESSION\.production: vault://.*/session#key: .*permission denied"),
    (_missing_path, 1, r"line 14: .*\.SESSION\.production: vault://.*/session#key: Vault has no such secret"),
    (_missing_field, 1, r"line 14: .*\.SESSION\.production: .*: the secret has no field 'key'"),
    (_deleted, 1, r"line 14: .*\.SESSION\.production: .*: version \d of the secret was deleted at 20"),
    (_empty, 1, r"line 14: .*\.SESSION\.production: .*: the value is empty"),
    (_not_json, 1, r"line 16: .*\.DATABASE\.production: aws-sm://.*#url: the secret is not JSON"),
    (_scheduled_for_deletion, 1, r"line 18: .*\.MAIL\.production: aws-sm://.*: .*InvalidRequestException"),
]


def test_a_secret_that_cannot_be_read_changes_nothing(shop: Shop) -> None:
    """All faults on one stack, each mended before the next, since a deployment for each would take minutes."""
    assert shop.up().returncode == 0
    before = shop.state()
    # Something to do, so that a run that is not stopped would show.
    stack_file = shop.sandbox.project.stacks_folder / "Pulumi.shop.yaml"
    stack_file.write_text(stack_file.read_text().replace("acme/shop\n", "acme/shop\n        nodeVersion: 22.x\n"))
    shop.sandbox.project.write_copy()
    for fault, times, told in FAULTS:
        fault(shop)
        _assert_stopped(shop, before, told, times)
        _mend(shop)


def test_a_manager_that_does_not_answer_changes_nothing(shop: Shop) -> None:
    assert shop.up().returncode == 0
    before = shop.state()
    shop.vault.seal()
    try:
        _assert_stopped(shop, before, r".*SESSION\.production: .*: Vault is sealed \(Vault is sealed\); unseal it", 4)
    finally:
        shop.vault.unseal()
    with MisbehavingServer(lambda _: Reply(429, '{"errors": ["busy"]}', {"Retry-After": "0"})) as server:
        shop.changes = {"VAULT_ADDR": server.address}
        _assert_stopped(shop, before, r".*SESSION\.production: .*: Vault has too many requests \(busy\)", 4)
        shop.changes = {"AWS_ENDPOINT_URL": server.address, "AWS_MAX_ATTEMPTS": "2"}
        _assert_stopped(
            shop, before, r".*MAIL\.production: .*: AWS Secrets Manager in .* answers with HTTP status 429", 2
        )
    with MisbehavingServer(lambda _: Reply(hang=True)) as server:
        shop.changes = {"VAULT_ADDR": server.address, "VAULT_CLIENT_TIMEOUT": "1s", "VAULT_MAX_RETRIES": "1"}
        _assert_stopped(shop, before, r".*SESSION\.production: .*did not answer in time", 4)


def _assert_stopped(shop: Shop, before: tuple[dict[str, object], str], told: str, times: int) -> None:
    stopped = shop.up()
    output = stopped.stdout + stopped.stderr
    assert stopped.returncode != 0, output
    lines = re.findall(r"line \d+: config\.soc2-guardrails:settings\..*", output)
    assert len(set(lines)) == times, output
    assert any(re.match(told, line) for line in lines), output
    assert "stacks/Pulumi.shop.yaml" in output
    assert "Traceback" not in output
    assert shop.state() == before


def _mend(shop: Shop) -> None:
    shop.changes = {}
    shop.vault.write(shop.kv, "session", key=f"{CANARY}-session")
    manager = shop.aws.client("secretsmanager")
    manager.restore_secret(SecretId=shop.mail)
    manager.put_secret_value(SecretId=shop.database, SecretString=json.dumps({"url": f"{CANARY}-database"}))
