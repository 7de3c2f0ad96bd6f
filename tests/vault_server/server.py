"""A running Vault, initialised and unsealed over its own API."""

import subprocess
import time
import uuid
from pathlib import Path
from typing import Any, Self

import hvac
import requests

from tests.free_port import free_port

from .binary import Binary

_SECONDS_TO_START = 60


class VaultServer:
    """A server on the loopback, its root token, and what tests need of it."""

    def __init__(self, binary: Binary, directory: Path) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = (directory / "vault.log").open("w")
        self._process = subprocess.Popen(
            binary.command(f"127.0.0.1:{port}", directory),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._await_start()
            initial = hvac.Client(url=self.address, token="").sys.initialize(secret_shares=1, secret_threshold=1)
            self.token: str = initial["root_token"]
            self._key: str = initial["keys"][0]
            self.root = hvac.Client(url=self.address, token=self.token)
            self.unseal()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of a process that may do everything here."""
        return {"VAULT_ADDR": self.address, "VAULT_TOKEN": self.token, **changes}

    def key_values(self, version: int = 2, path: str | None = None) -> str:
        """Mount a key-value engine; its path."""
        path = path or f"kv-{uuid.uuid4().hex[:8]}"
        self.root.sys.enable_secrets_engine("kv", path=path, options={"version": str(version)})
        if version == 2:
            self._await_upgrade(path)
        return path

    def write(self, mount: str, path: str, **fields: Any) -> int:
        """Write a secret of a version 2 engine; the number of its version."""
        answer = self.root.secrets.kv.v2.create_or_update_secret(path, fields, mount_point=mount)
        return int(answer["data"]["version"])

    def policy(self, rules: str) -> str:
        """Make a policy; its name."""
        name = f"policy-{uuid.uuid4().hex[:8]}"
        self.root.sys.create_or_update_policy(name, rules)
        return name

    def token_with(self, rules: str) -> str:
        """Make a token that may do what rules say."""
        answer = self.root.auth.token.create(policies=[self.policy(rules)])
        return str(answer["auth"]["client_token"])

    def seal(self) -> None:
        self.root.sys.seal()

    def unseal(self) -> None:
        hvac.Client(url=self.address, token="").sys.submit_unseal_key(self._key)
        deadline = time.monotonic() + _SECONDS_TO_START
        while requests.get(f"{self.address}/v1/sys/health", timeout=5).status_code != 200:
            assert time.monotonic() < deadline, "Vault does not become active"
            time.sleep(0.05)

    def _await_start(self) -> None:
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"Vault ended; see {self._log.name}"
            try:
                requests.get(f"{self.address}/v1/sys/health", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"Vault does not answer; see {self._log.name}")

    def _await_upgrade(self, mount: str) -> None:
        # A new engine of version 2 prepares its storage for a moment, and refuses writes meanwhile.
        deadline = time.monotonic() + _SECONDS_TO_START
        while True:
            try:
                self.root.secrets.kv.v2.read_configuration(mount_point=mount)
            except hvac.exceptions.InvalidRequest:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return
