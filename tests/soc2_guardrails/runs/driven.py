"""`soc2` as a process in a sandbox, and what it leaves on record."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sandbox.home import Sandbox
from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import Intent, Outcome, Predicate
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores.folder import Folder
from tests.conftest import MakeSandbox

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).with_name("program")
PROJECT = "runs"
_SECONDS = 180

_WORKSPACE = """\
evidence:
  store: {kind: folder, path: records}
  signing: {how: key, key: key.pem}
  trust: {keys: [key.pub]}
"""


@dataclass
class Soc2:
    """The command, on a program that does what `mode` says."""

    sandbox: Sandbox
    folder: Path
    environment: dict[str, str]

    @classmethod
    def on(cls, make_sandbox: MakeSandbox, folder: Path, *stacks: str) -> Soc2:
        shutil.copytree(PROGRAM, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\nstackConfigDir: stacks\n")
        (folder / "stacks").mkdir()
        for stack in stacks:
            (folder / "stacks" / f"Pulumi.{stack}.yaml").write_text("config: {github:owner: acme}\n")
        (folder / "soc2.yaml").write_text(_WORKSPACE)
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "key.pem").write_bytes(private)
        (folder / "key.pem").chmod(0o600)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "key.pub").write_bytes(public)
        sandbox = make_sandbox(folder, f"{folder.name}-sandbox")
        for stack in stacks:
            sandbox.select(stack)
        own = {"PYTHONPATH": str(ROOT), "SOC2_WORKSPACE": str(folder / "soc2.yaml")}
        return cls(sandbox, folder, sandbox.environment() | own)

    @property
    def reached(self) -> Path:
        return self.folder / "reached"

    def start(self, *args: str, mode: str, **environment: str) -> subprocess.Popen[str]:
        self.reached.unlink(missing_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "soc2_guardrails", "-C", str(self.sandbox.project.copy), *args],
            cwd=self.folder,
            env={**self.environment, "RUN_MODE": mode, "RUN_REACHED": str(self.reached), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *args: str, mode: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return ended(self.start(*args, mode=mode, **environment))

    def start_and_reach(self, *args: str, mode: str, **environment: str) -> subprocess.Popen[str]:
        """Starts a run and waits until its program waits."""
        process = self.start(*args, mode=mode, **environment)
        deadline = time.monotonic() + _SECONDS
        while not self.reached.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return process

    def engine_of(self, process: subprocess.Popen[str]) -> int:
        """The process id of the CLI that a run started."""
        [keeper] = _children(process.pid)
        [engine] = _children(keeper)
        return engine

    def chain(self, kind: Any = "updates", stack: str = "dev") -> Chain:
        return Chain(Folder(self.folder / "records"), ChainName(PROJECT, stack, kind, sandbox=True), Unsigned())

    def records(self, kind: str = "updates", stack: str = "dev") -> list[Predicate]:
        return [entry.predicate for entry in self.chain(kind, stack).entries()]

    def last(self, kind: str = "updates", stack: str = "dev") -> tuple[Intent, Outcome]:
        """The last two records, which have to be one run's."""
        intent, outcome = self.records(kind, stack)[-2:]
        assert isinstance(intent, Intent)
        assert isinstance(outcome, Outcome)
        assert outcome.run == intent.run
        return intent, outcome


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    stdout, stderr = process.communicate(timeout=_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def told(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a run with `--json` says, on standard output alone."""
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "ax", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    processes = [line.split() for line in listed.stdout.splitlines()]
    return [int(child) for child, parent in processes if int(parent) == pid]
