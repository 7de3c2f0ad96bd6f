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
from policies.judge.registry import rules
from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.judge.waivers import utc_today
from policies.subjects.tokens import FIREWALL_CONFIG, PROJECT
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
    made = [entry for entry in entries(folder) if entry["record"] == "decision"]
    return [(e["urn"].rpartition("::")[2], e["verdict"]) for e in made if e["rule"] == rule]


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
    assert run["format"] == 1
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


def test_what_is_in_force_is_written_before_anything_is_judged(tmp_path: Path) -> None:
    config = {"pack": {"profile": "ecommerce"}, RULE: "disabled", "env-no-plaintext-credential": "advisory"}
    pack = PackProcess(config=config, environment={"SOC2_JOURNAL": str(tmp_path)})
    assert entries(tmp_path) == [], "not before the engine has said everything"
    pack.judge(resource("random:index/randomPet:RandomPet", "pet", {}))
    [run] = entries(tmp_path)
    pack.judge(resource(VARIABLE, "sound", {**WEAK, "sensitive": True}))
    pack.kill()
    levels = {entry["rule"]: entry["level"] for entry in entries(tmp_path) if entry.get("verdict") == "pass"}
    assert levels["env-no-plaintext-credential"] == "advisory"
    assert levels["env-no-secret-in-public-prefix"] == "mandatory"
    assert RULE not in levels
    assert run["profile"] == "ecommerce"
    assert run["waivers"] == []
    assert run["rules"].keys() == {rule.id for rule in rules()}
    assert run["rules"][RULE] == "disabled"
    assert run["rules"]["env-no-plaintext-credential"] == "advisory"
    assert run["rules"]["env-no-secret-in-public-prefix"] == "mandatory"


def test_what_was_remediated_is_told_and_what_was_not(tmp_path: Path) -> None:
    pack = PackProcess(
        config={"firewall-enabled": "remediate", "project-deployment-protection": "remediate"},
        environment={"SOC2_JOURNAL": str(tmp_path)},
    )
    off = resource(FIREWALL_CONFIG, "off", {"projectId": "prj_1", "enabled": False})
    hidden = resource(PROJECT, "hidden", {"name": "shop", "vercelAuthentication": Secret({"deploymentType": CANARY})})
    odd = resource(PROJECT, "odd", {"name": "shop", "vercelAuthentication": CANARY})
    answers = [pack.remediate(each) for each in (off, hidden, odd)]
    answered = [entry.diagnostic for answer in answers for entry in answer.remediations]
    pack.judge(off)
    pack.stub.Cancel(Empty())
    pack.wait()
    written = [entry for entry in entries(tmp_path) if entry["record"] == "remediation"]
    assert [(e["rule"], e["urn"].rpartition("::")[2], e["changed"], e["withheld"]) for e in written] == [
        ("firewall-enabled", "off", ["enabled"], ""),
        ("project-deployment-protection", "hidden", ["vercelAuthentication.deploymentType"], ""),
        ("project-deployment-protection", "odd", [], "vercelAuthentication is not an object"),
    ]
    mend = "change it there as well"
    assert [each["message"].partition("\n")[0] for each in written] == [
        f"CC6.6: changed enabled, which the program states otherwise; {mend}",
        f"CC6.6: changed vercelAuthentication.deploymentType, which the program states otherwise; {mend}",
        "CC6.6: not remediated, vercelAuthentication is not an object",
    ]
    assert [each["message"] for each in written] == [told for told in answered if told], "as the engine was told"
    assert {each["severity"] for each in written} == {"critical"}
    assert entries(tmp_path)[-1]["remediations"] == 3
    assert decisions(tmp_path, "firewall-enabled") == [("off", "fail")], "what is judged is what the engine sends next"
    assert CANARY not in json.dumps(entries(tmp_path))


def test_what_is_unknown_at_update_fails(tmp_path: Path) -> None:
    pack = PackProcess(preview=False, environment={"SOC2_JOURNAL": str(tmp_path)})
    pack.judge(resource(VARIABLE, "later", {**WEAK, "sensitive": UNKNOWN}))
    pack.stop()
    assert decisions(tmp_path, RULE) == [("later", "fail")]


def test_names_the_waiver_and_the_faults_of_waivers(tmp_path: Path) -> None:
    waiver = {
        "reason": "the vendor reads it",
        "approver": "Ada Lovelace",
        "ticket": "SEC-12",
        "opened": f"{utc_today()}",
        "expires": f"{utc_today()}",
        "matches": [{"policies": [RULE], "urns": [f"*::{VARIABLE}::weak"]}],
    }
    over_broad = {**waiver, "matches": [{"policies": [RULE], "urns": ["*"]}]}
    config = {"pack": {"waivers": [waiver, over_broad]}}
    pack = PackProcess(config=config, environment={"SOC2_JOURNAL": str(tmp_path)})
    pack.judge(resource(VARIABLE, "weak", WEAK))
    pack.judge(resource(VARIABLE, "other", WEAK))
    pack.judge_stack()
    pack.stop()
    assert decisions(tmp_path, RULE) == [("weak", "waived"), ("other", "fail")]
    assert entries(tmp_path)[0]["waivers"] == [waiver, over_broad]
    weak, other = (entry for entry in entries(tmp_path) if entry.get("rule") == RULE)
    assert weak["waiver"] == {key: value for key, value in waiver.items() if key != "matches"}
    assert other["waiver"] is None
    [pack_itself] = [entry for entry in entries(tmp_path) if entry.get("rule") == "pack"]
    assert pack_itself["verdict"] == "fail"
    [told] = pack_itself["messages"]
    assert "pack.waivers[1].matches[0].urns[0] does not say by type and name" in told
    assert CANARY not in json.dumps(entries(tmp_path))


def test_a_killed_pack_leaves_what_was_decided(pack: PackProcess, tmp_path: Path) -> None:
    pack.judge(resource(VARIABLE, "weak", WEAK))
    pack.kill()
    assert decisions(tmp_path, RULE) == [("weak", "fail")]
    assert entries(tmp_path)[-1]["record"] == "decision"


@pytest.mark.parametrize("tamper", ["append", "change", "remove", "replace"])
def test_a_journal_that_somebody_else_wrote_in_fails_the_run(pack: PackProcess, tmp_path: Path, tamper: str) -> None:
    pack.judge(resource(VARIABLE, "weak", WEAK))
    [file] = tmp_path.glob("*.jsonl")
    if tamper == "append":
        with file.open("a", encoding="utf-8") as journal:
            journal.write('{"record":"decision","rule":"x","verdict":"pass"}\n')
    elif tamper == "change":
        file.write_text(file.read_text("utf-8").replace('"fail"', '"pass"'), "utf-8")
    elif tamper == "replace":
        shutil.copyfile(file, tmp_path / "copy")
        (tmp_path / "copy").replace(file)
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
        (e["rule"], e["urn"])
        for e in entries(journals)
        if e.get("verdict") == "fail" and e["level"] == "mandatory"
        for _ in e["messages"]
    )
    reported = Counter((report.policy, report.urn) for report in read_event_log(log).violations)
    assert told == reported
    assert entries(journals)[-1]["record"] == "end"
    assert any(e.get("verdict") == "pass" for e in entries(journals))
