"""`pulumi policy analyze` on the real engine: stored state is judged by what it shows, and the rest is redacted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.home import Completed, Sandbox

from .pack_process import PACK

PROGRAM = """
import pulumi
import pulumiverse_vercel as vercel

shop = vercel.Project("shop", name="shop", build_command=pulumi.Output.secret("TOKEN=canary-4Jx9 next build"))


def variable(name, key, value, sensitive):
    vercel.ProjectEnvironmentVariable(
        name, project_id=shop.id, key=key, value=pulumi.Output.secret(value), sensitive=sensitive, targets=["preview"]
    )


variable("hidden", "BACKEND", "postgres://shop:canary-4Jx9@db.example.com/shop", False)
variable("weak", "DB_PASSWORD", "canary-4Jx9", False)
variable("sound", "API_TOKEN", "canary-4Jx9", True)
"""
BY_VALUE, BY_NAME, LEAK = "env-no-plaintext-credential", "env-secret-must-be-sensitive", "secret-in-plain-sink"

pytestmark = pytest.mark.engine


def analyzed(sandbox: Sandbox, state: Path, journals: Path) -> tuple[Completed, dict[tuple[str, str], str], str]:
    """The run, the verdict of each rule on each resource, and everything the journal says."""
    journals.mkdir()
    run = sandbox.pulumi("policy", "analyze", "--policy-pack", str(PACK), "--file", str(state), "--json", timeout=120)
    [file] = journals.glob("*.jsonl")
    begun, *decided = map(json.loads, file.read_text("utf-8").splitlines())
    assert begun["operation"] == "stored state"
    verdicts = {(e["rule"], e["urn"].rpartition("::")[2]): e["verdict"] for e in decided if e["record"] == "decision"}
    return run, verdicts, file.read_text("utf-8")


def test_a_secret_that_stored_state_does_not_show_is_redacted(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, state = tmp_path / "program", tmp_path / "export.json"
    program.mkdir()
    (program / "__main__.py").write_text(PROGRAM, "utf-8")
    sandbox = make_sandbox(program)
    deployed = sandbox.up("dev", timeout=180)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    sandbox.pulumi("stack", "export", "--stack", "dev", "--file", str(state), check=True)

    with_key, without_key = tmp_path / "with", tmp_path / "without"
    monkeypatch.setenv("SOC2_JOURNAL", str(with_key))
    run, verdicts, said = analyzed(sandbox, state, with_key)
    assert run.returncode != 0
    assert verdicts[BY_VALUE, "hidden"] == "fail"
    assert "redacted" not in verdicts.values()
    assert "canary-4Jx9" not in run.stdout + run.stderr + said
    known = {key: verdict for key, verdict in verdicts.items() if key[1] in {"weak", "sound", "shop"}}
    assert known[BY_NAME, "weak"] == known[LEAK, "shop"] == "fail"
    assert known[BY_NAME, "sound"] == "pass"

    shutil.move(sandbox.directory / "passphrase", tmp_path / "passphrase")
    monkeypatch.setenv("SOC2_JOURNAL", str(without_key))
    run, verdicts, said = analyzed(sandbox, state, without_key)
    assert "could not decrypt secrets" in run.stderr, "the state was decrypted, so the test shows nothing"
    assert verdicts[BY_VALUE, "hidden"] == "redacted"
    told = "redacted, value is a secret that could not be decrypted"
    assert told in run.stdout
    assert told in said
    # What needs no value is judged as it was.
    assert verdicts[BY_NAME, "weak"] == verdicts[LEAK, "shop"] == "fail"
    assert verdicts[BY_NAME, "sound"] == "pass"
    changed = {key for key, verdict in known.items() if verdicts[key] != verdict}
    assert {verdicts[key] for key in changed} <= {"redacted"}
