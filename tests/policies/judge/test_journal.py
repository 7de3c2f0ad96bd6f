"""The decision journal: what it says, and that nobody else can write in it unnoticed."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from policies.judge.digest import pack_digest
from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from sandbox.home import Sandbox
from soc2_guardrails.engine.events import read_event_log

from ..pack_process import PACK, PackProcess

VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
RULE = "env-secret-must-be-sensitive"
CANARY = "canary-4Jx9"
WEAK: dict[str, Raw] = {"key": "DB_PASSWORD", "value": Secret(CANARY), "sensitive": False, "targets": ["production"]}


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[PackProcess]:
    running = PackProcess(environment={"SOC2_JOURNAL": str(tmp_path)})
    yield running
    running.stop()


def entries(folder: Path) -> list[dict[str, Any]]:
    [file] = folder.glob("*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def decisions(folder: Path, rule: str) -> list[tuple[str, str]]:
    return [(e["urn"].rpartition("::")[2], e["verdict"]) for e in entries(folder) if e.get("rule") == rule]


def test_tells_run_decisions_and_end(pack: PackProcess, tmp_path: Path) -> None:
    pack.judge(resource(VARIABLE, "weak", WEAK))
    pack.judge(resource(VARIABLE, "sound", {**WEAK, "sensitive": True}))
    pack.judge(resource(VARIABLE, "later", {**WEAK, "sensitive": UNKNOWN}))
    pack.judge(resource("random:index/randomPet:RandomPet", "pet", {}))
    pack.judge_stack()
    pack.stub.Cancel(Empty())
    pack.wait()
    run, *made, end = entries(tmp_path)
    assert run["record"] == "run"
    assert run["pack"] == {"name": "soc2-guardrails", "version": "0.1.0", "digest": pack_digest(PACK)}
    assert run["configuration"].startswith("sha256:")
    assert run["operation"] == "preview"
    assert run["stack"].endswith("/project/stack")
    assert decisions(tmp_path, RULE) == [("weak", "fail"), ("sound", "pass"), ("later", "unknown")]
    assert decisions(tmp_path, "stack-log-drain-covers-production") == [("stack", "not applicable")]
    assert end["record"] == "end"
    assert end["decisions"] == len(made)
    assert end["stack_judged"] is True
    assert all("pet" not in entry.get("urn", "") for entry in made)
    assert CANARY not in json.dumps(entries(tmp_path))


def test_what_is_unknown_at_update_fails(tmp_path: Path) -> None:
    pack = PackProcess(preview=False, environment={"SOC2_JOURNAL": str(tmp_path)})
    pack.judge(resource(VARIABLE, "later", {**WEAK, "sensitive": UNKNOWN}))
    pack.stop()
    assert decisions(tmp_path, RULE) == [("later", "fail")]


def test_a_killed_pack_leaves_what_was_decided(pack: PackProcess, tmp_path: Path) -> None:
    pack.judge(resource(VARIABLE, "weak", WEAK))
    pack.kill()
    assert decisions(tmp_path, RULE) == [("weak", "fail")]
    assert entries(tmp_path)[-1]["record"] == "decision"


@pytest.mark.parametrize("tamper", ["append", "change", "remove"])
def test_a_journal_that_somebody_else_wrote_in_fails_the_run(pack: PackProcess, tmp_path: Path, tamper: str) -> None:
    pack.judge(resource(VARIABLE, "weak", WEAK))
    [file] = tmp_path.glob("*.jsonl")
    if tamper == "append":
        with file.open("a", encoding="utf-8") as journal:
            journal.write('{"record":"decision","rule":"x","verdict":"pass"}\n')
    elif tamper == "change":
        file.write_text(file.read_text("utf-8").replace('"fail"', '"pass"'), "utf-8")
    else:
        file.unlink()
    with pytest.raises(grpc.RpcError, match="journal"):
        pack.judge_stack()
    with pytest.raises(grpc.RpcError):
        pack.judge(resource(VARIABLE, "sound", {**WEAK, "sensitive": True}))


def test_a_journal_that_cannot_be_kept_stops_the_pack(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid literal"):  # no port was printed
        PackProcess(environment={"SOC2_JOURNAL": str(tmp_path / "missing")})


def test_the_digest_is_that_of_the_files_wherever_they_are(tmp_path: Path) -> None:
    copy = tmp_path / "0.1.0"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert pack_digest(copy) == pack_digest(PACK)
    rule = copy / "boundary" / "firewall_enabled.py"
    rule.write_text(rule.read_text("utf-8") + "\n", "utf-8")
    assert pack_digest(copy) != pack_digest(PACK)


@pytest.mark.engine
def test_agrees_with_the_engine_on_what_was_violated(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals, log = tmp_path / "journals", tmp_path / "log.jsonl"
    journals.mkdir()
    monkeypatch.setenv("SOC2_JOURNAL", str(journals))
    make_sandbox().preview("storefront-risky", "--event-log", str(log), pack=PACK, timeout=180)
    told = Counter(
        (e["rule"], e["urn"]) for e in entries(journals) if e.get("verdict") == "fail" for _ in e["messages"]
    )
    reported = Counter((report.policy, report.urn) for report in read_event_log(log).violations)
    assert told == reported
    assert entries(journals)[-1]["record"] == "end"
    assert any(e.get("verdict") == "pass" for e in entries(journals))
