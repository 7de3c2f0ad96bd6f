"""What docs/evidence.md tells an auditor to type works as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.soc2_guardrails.evidence.chains import UPDATES, Key, digest, ecdsa, ed25519, sample

needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="the documented commands use jq")


def commands(repository: Path) -> str:
    text = (repository / "docs" / "evidence.md").read_text("utf-8")
    [block] = re.findall(r"<!-- by hand -->\n```sh\n(.*?)```\n<!-- /by hand -->", text, re.DOTALL)
    return str(block)


def typed(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-ec", script], cwd=folder, capture_output=True, text=True, check=False)


@needs_jq
@pytest.mark.parametrize("make", [ed25519, ecdsa])
def test_an_auditor_verifies_a_record_by_hand(make: Callable[[], Key], tmp_path: Path, repository: Path) -> None:
    key = make()
    store = sample(key.signer).contents
    for name in (UPDATES.record(1), UPDATES.record(2)):
        (tmp_path / name.rpartition("/")[2]).write_bytes(store[name])
    (tmp_path / "public.pem").write_bytes(key.public_pem)
    done = typed(commands(repository), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Verified OK" in done.stdout or "Signature Verified Successfully" in done.stdout
    assert done.stdout.count(key.signer.keyid) == 2  # as openssl tells it, and as the record does
    previous = digest(store[UPDATES.record(1)])
    assert previous in done.stdout
    assert f"{previous.removeprefix('sha256:')}  000000001.json" in done.stdout

    (tmp_path / "public.pem").write_bytes(make().public_pem)
    done = typed(commands(repository), tmp_path)
    assert done.returncode != 0
    assert "Verified OK" not in done.stdout
    assert "Signature Verified Successfully" not in done.stdout
