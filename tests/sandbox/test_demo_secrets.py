"""The demo with a secret manager: what it shows, and that a value is nowhere but in the manager and encrypted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.evidence.chain import Chain, chains_in
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores.folder import Folder
from tests.aws_server import AwsServer
from tests.vault_server.server import VaultServer

pytestmark = [pytest.mark.engine, pytest.mark.slow]

VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
MADE_UP = re.compile(r"sandbox-[\w-]{32}")
"""The form of what `seed` writes: a canary of 24 random bytes for each secret."""


class Searched:
    """Made-up values that were seen where none may be: in files and arguments while processes run, and afterwards."""

    def __init__(self, sandbox: Path) -> None:
        self._sandbox = sandbox
        self.found: set[tuple[str, str]] = set()
        self.files: set[str] = set()
        self.arguments = ""

    def text(self, where: str, text: str) -> None:
        self.found |= {(where, value) for value in MADE_UP.findall(text)}

    @contextmanager
    def sampling(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._sample, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def look_at_files(self) -> None:
        # But for the account itself, which holds what Vercel and GitHub would hold.
        for path in self._sandbox.rglob("*"):
            if path.name.startswith("account.db"):
                continue
            try:
                content = path.read_bytes()
            except OSError:  # a folder, a socket, or gone
                continue
            self.files.add(path.name)
            self.text(str(path), content.decode("utf-8", errors="replace"))

    def _sample(self, over: threading.Event) -> None:
        while not over.wait(0.3):
            self.look_at_files()
            ps = subprocess.run(["ps", "axww", "-o", "command="], capture_output=True, text=True, check=True).stdout
            self.text("process arguments", ps)
            self.arguments += ps


def sandbox(
    checkout: Path, *args: str, environment: Mapping[str, str], seconds: int = 300
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *args],
        cwd=checkout,
        env={**os.environ, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def variables(checkout: Path, environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Sensitive variables in the account, by the names of their resources."""
    told = sandbox(checkout, "account", "list", "--json", environment=environment)
    assert told.returncode == 0, told.stderr
    return {
        each["urn"].rpartition("::")[2]: each["properties"]
        for each in json.loads(told.stdout)
        if each["type"] == VARIABLE and each["properties"].get("sensitive")
    }


def values_in(vault: VaultServer, mount: str, stack: str) -> set[str]:
    """Every version of every secret of a stack."""
    kv = vault.root.secrets.kv.v2
    names = kv.list_secrets(f"soc2-demo/{stack}", mount_point=mount)["data"]["keys"]
    held = set()
    for name in names:
        path = f"soc2-demo/{stack}/{name}"
        for version in kv.read_secret_metadata(path, mount_point=mount)["data"]["versions"]:
            read = kv.read_secret_version(path, version=int(version), mount_point=mount, raise_on_deleted_version=True)
            held.add(read["data"]["data"]["value"])
    return held


def test_secrets_of_the_demo_come_from_vault_and_rotate(checkout: Path, vault: VaultServer) -> None:
    mount = vault.key_values()
    place = f"vault://{mount}/soc2-demo"
    environment = {"SOC2_DEMO_SECRETS": place, **vault.environment()}

    lacking = sandbox(checkout, "demo", environment=environment)
    assert lacking.returncode == 1
    assert "`python -m sandbox seed` writes made-up ones" in lacking.stdout
    seeded = sandbox(checkout, "seed", environment=environment)
    assert re.fullmatch(rf"Wrote (\d+) made-up values below {place}\.\n", seeded.stdout), seeded.stderr
    before = values_in(vault, mount, "storefront")
    again = sandbox(checkout, "seed", environment=environment)
    assert "Wrote 0 made-up values" in again.stdout
    assert values_in(vault, mount, "storefront") == before, "nothing that is there is overwritten"

    searched = Searched(checkout / ".soc2" / "sandbox")
    with searched.sampling():
        shown = sandbox(checkout, "demo", environment=environment)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    out = shown.stdout
    assert f"Secrets come from {place}, which SOC2_DEMO_SECRETS names." in out
    deployed = out.partition("2. storefront: ")[2]
    assert "env-provenance-from-secret-manager" not in deployed, "there is a manager to advise"
    rotated = f"{place}/storefront/STOREFRONT_STRIPE_SECRET_KEY#value"
    assert f"A new made-up value was written to {rotated}." in out
    assert "Exactly what uses it changes: storefront-STRIPE_SECRET_KEY-production." in out
    assert re.search(r"CARRIED OUT: 1 updated, \d+ unchanged; no violation", out)

    held = variables(checkout, environment)
    # A real account gives a sensitive value to nobody; the embedded one does not even keep it.
    assert held
    for name, properties in held.items():
        version = 2 if name == "storefront-STRIPE_SECRET_KEY-production" else 1
        assert re.search(
            rf"secret-ref={place}/storefront/\w+#value version={version} rotated=\d{{4}}-\d\d-\d\d$",
            properties["comment"],
        )
        assert properties["valueWoVersion"] > 0
        assert not properties.get("value")
    assert len(values_in(vault, mount, "storefront")) == len(before) + 1

    # The search does find them where they are: decrypted, in the state.
    export = ("pulumi", "--", "stack", "export", "--stack", "storefront")
    decrypted = sandbox(checkout, *export, "--show-secrets", environment=environment).stdout
    assert set(MADE_UP.findall(decrypted)) >= values_in(vault, mount, "storefront") - before
    assert {"plan.json", "events-preview.jsonl", "events-update.jsonl"} <= searched.files
    assert "keeper.py" in searched.arguments
    searched.look_at_files()
    for run in (lacking, seeded, again, shown, sandbox(checkout, *export, environment=environment)):
        searched.text("output", run.stdout + run.stderr)
    searched.text("account", json.dumps(held))
    store = Folder(checkout / ".soc2" / "sandbox" / "evidence")
    entries = [entry for name in chains_in(store) for entry in Chain(store, name, Unsigned()).entries()]
    assert entries
    for entry in entries:
        searched.text(entry.name, entry.predicate.model_dump_json())
    assert searched.found == set()


def test_secrets_of_the_clinic_come_from_aws(checkout: Path, aws: AwsServer) -> None:
    environment = {"SOC2_DEMO_SECRETS": "aws-sm://soc2-demo", **aws.environment()}
    seeded = sandbox(checkout, "seed", environment=environment)
    assert seeded.returncode == 0, seeded.stderr
    up = sandbox(checkout, "up", "clinic", environment=environment)
    assert up.returncode == 0, up.stdout + up.stderr
    assert "env-provenance-from-secret-manager" not in up.stdout
    searched = Searched(checkout / ".soc2" / "sandbox")
    searched.look_at_files()
    searched.text("output", up.stdout + up.stderr)
    assert searched.found == set()
    comments = {
        name: properties["comment"]
        for name, properties in variables(checkout, environment).items()
        if not name.startswith("storefront")
    }
    assert comments
    for comment in comments.values():
        assert re.search(r"secret-ref=aws-sm://soc2-demo/clinic/\w+ version=[0-9a-f-]{36} rotated=2", comment)
