"""`soc2 evidence` as a user and as an auditor type it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.command.app import app, run
from soc2_guardrails.evidence.chain import ChainName
from soc2_guardrails.evidence.predicates import Actors, Decision, Operation, Phase
from soc2_guardrails.evidence.signing import Signer
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores.folder import Folder
from tests.soc2_guardrails.evidence.chains import PACK, UPDATES, Key, Recorder, ed25519

SETTINGS = """
evidence:
  signing: {key: key.pem}
  trust: {keys: [public.pem]}
"""
DECISIONS = tuple(
    Decision(rule=rule, urn="urn:pulumi:production::shop::t::n", scope="resource", verdict=verdict, level="mandatory")
    for rule, verdict in (("firewall-enabled", "fail"), ("headers-cors-safe", "pass"), ("repo-secret-scanning", "pass"))
)


@dataclass
class Team:
    """A team's repository, with a key and a store of records."""

    root: Path
    key: Key
    capsys: pytest.CaptureFixture[str]

    @property
    def store(self) -> Folder:
        return Folder(self.root / ".soc2" / "evidence")

    def recorder(self, signer: Signer | None = None, name: ChainName = UPDATES) -> Recorder:
        return Recorder(self.store, signer or self.key.signer, name)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        code = run(app, ["evidence", *arguments])
        told = self.capsys.readouterr()
        return code, told.out, told.err

    def json(self, *arguments: str) -> tuple[int, Any]:
        code, out, _ = self.run(*arguments, "--json")
        return code, json.loads(out)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Team:
    for variable in ("GITHUB_ACTIONS", "GITLAB_CI", "SOC2_SIGNING_KEY", "SOC2_SANDBOX"):
        monkeypatch.delenv(variable, raising=False)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    key = ed25519()
    (tmp_path / "key.pem").write_bytes(key.private_pem)
    (tmp_path / "public.pem").write_bytes(key.public_pem)
    (tmp_path / "soc2.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    made = Team(tmp_path, key, capsys)
    become(made, "Rui Reviewer")
    return made


def become(team: Team, name: str) -> None:
    team.root.joinpath("gitconfig").write_text(
        f"[user]\nname = {name}\nemail = {name.split(maxsplit=1)[0].lower()}@acme.example\n"
    )


def test_without_records_there_is_nothing_to_see_and_nothing_verified(team: Team) -> None:
    assert team.run("list")[0] == 0
    code, _, err = team.run("verify")
    assert code == 1
    assert "nothing is verified" in err


def test_what_was_recorded_is_listed_and_verified(team: Team) -> None:
    recorder = team.recorder()
    recorder.run("run-1")
    recorder.begin("run-2")
    code, out, _ = team.run("list")
    assert code == 0
    for told in (UPDATES.path, "run-1", "succeeded", "run-2", "open", "Dana Developer", "9f9f9f9f9f9f"):
        assert told in out
    code, listed = team.json("list")
    [chain] = listed
    assert [each["run"] for each in chain["runs"]] == ["run-1", "run-2"]
    assert [each["run"] for each in chain["openRuns"]] == ["run-2"]
    code, out, _ = team.run("verify")
    assert code == 0
    for told in (f"{UPDATES.path}: verified", team.key.signer.keyid, PACK.digest, "run-2", chain["newest"]):
        assert told in out
    assert team.run("verify", UPDATES.path, "--head", chain["newest"])[0] == 0


def test_the_first_bad_record_is_named(team: Team) -> None:
    recorder = team.recorder()
    recorder.run("run-1")
    recorder.run("run-2")
    file = team.root / ".soc2" / "evidence" / UPDATES.record(3)
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    code, out, _ = team.run("verify")
    assert code == 1
    assert "NOT VERIFIED" in out
    assert f"first bad record: {UPDATES.record(3)}" in out
    code, report = team.json("verify")
    assert code == 1
    assert report["verified"] is False
    assert report["chains"][0]["firstBad"]["name"] == UPDATES.record(3)


def test_an_auditor_needs_no_more_than_a_copy_and_a_key(team: Team, tmp_path_factory: pytest.TempPathFactory) -> None:
    team.recorder().run("run-1")
    elsewhere = tmp_path_factory.mktemp("auditor")
    (team.root / ".soc2" / "evidence").rename(elsewhere / "copy")
    (team.root / "public.pem").rename(elsewhere / "public.pem")
    (team.root / "soc2.yaml").unlink()
    given = ("--folder", str(elsewhere / "copy"))
    assert team.run("verify", *given, "--key", str(elsewhere / "public.pem"))[0] == 0
    code, out, _ = team.run("verify", *given)
    assert code == 1
    assert "which is not trusted" in out
    (elsewhere / "other.pem").write_bytes(ed25519().public_pem)
    assert team.run("verify", *given, "--key", str(elsewhere / "other.pem"))[0] == 1


def test_unsigned_records_and_those_of_the_sandbox_are_never_called_evidence(team: Team) -> None:
    (team.root / "soc2.yaml").unlink()
    team.recorder(Unsigned()).run("run-1")
    code, out, _ = team.run("verify")
    assert code == 1
    assert "no evidence" in out
    sandbox = ChainName("shop", "dev", "updates", sandbox=True)
    team.recorder(name=sandbox, signer=Unsigned()).run("run-1")
    code, out, _ = team.run("verify", sandbox.path)
    assert code == 0  # asked for by name, and consistent
    assert "of the sandbox: no evidence" in out
    assert "not signed" in team.run("list")[1]


def test_a_run_is_shown_with_what_matters(team: Team) -> None:
    recorder = team.recorder()
    phase = Phase(operation=Operation.UPDATE, evaluated=True, pack=PACK, decisions=DECISIONS)
    recorder.end("run-1", recorder.begin("run-1"), phases=(phase,))
    code, out, _ = team.run("show", "run-1")
    assert code == 0
    assert "firewall-enabled" in out
    assert "headers-cors-safe" not in out
    assert "pass: 2" in out
    assert "headers-cors-safe" in team.run("show", "run-1", "--all")[1]
    code, shown = team.json("show", "run-1")
    assert [each["type"].split(":")[3] for each in shown] == ["intent", "outcome"]
    assert len(shown[1]["predicate"]["phases"][0]["decisions"]) == 3
    assert team.json("show", UPDATES.record(2))[1] == shown[1:]
    assert team.json("show", shown[1]["digest"])[1] == shown[1:]
    code, _, err = team.run("show", "run-9")
    assert code == 1
    assert "run-9" in err


def test_text_of_others_does_not_reach_the_terminal_as_it_is(team: Team) -> None:
    recorder = team.recorder()
    nasty = "\x1b[2Jgone"
    intent = recorder.begin("run-1", actors=Actors(claimed=nasty), emergency=True)
    recorder.end("run-1", intent, emergency=True, why=nasty)
    for arguments in (("list",), ("show", "run-1"), ("verify",)):
        _, out, err = team.run(*arguments)
        assert "\x1b[2J" not in out + err


def emergency(team: Team, run_id: str = "run-1") -> None:
    recorder = team.recorder()
    recorder.run(run_id, emergency=True)


def test_an_emergency_is_open_until_somebody_else_reviews_it(team: Team) -> None:
    emergency(team)
    out = team.run("list")[1]
    assert "Not reviewed: emergency run-1 by Dana Developer" in out
    assert "The shop is down (OPS-1)" in out
    assert "nobody has reviewed the emergency run-1" in team.run("verify")[1]
    code, out, err = team.run("review", "run-1", "--conclusion", "Right, and mended in #12.")
    assert (code, err) == (0, "")
    assert "closed by" in out
    code, report = team.json("verify")
    assert code == 0
    assert report["chains"][0]["openEmergencies"] == report["chains"][0]["remarks"] == []
    assert "Not reviewed" not in team.run("list")[1]
    shown = team.json("show", "run-1")[1]
    assert shown[2]["predicate"]["conclusion"] == "Right, and mended in #12."
    assert shown[2]["predicate"]["actors"]["claimed"] == "Rui Reviewer <rui@acme.example>"


def test_an_emergency_is_reviewed_once(team: Team) -> None:
    emergency(team)
    assert team.run("review", "run-1", "--conclusion", "Right.")[0] == 0
    code, _, err = team.run("review", "run-1", "--conclusion", "Right.")
    assert code == 1
    assert "no open emergency" in err
    assert team.run("verify")[0] == 0


@pytest.mark.parametrize("name", ["Dana Developer", "dana DEVELOPER"])
def test_who_ran_an_emergency_does_not_review_it_in_silence(team: Team, name: str) -> None:
    emergency(team)
    become(team, name)
    code, _, err = team.run("review", "run-1", "--conclusion", "All good.")
    assert code == 2
    assert "somebody else" in err
    assert team.json("verify")[1]["chains"][0]["openEmergencies"] == ["run-1"]
    assert team.run("review", "run-1", "--conclusion", "All good.", "--own")[0] == 0
    code, out, _ = team.run("verify")
    assert code == 0
    assert "not independent" in out


def test_a_reviewer_has_a_name(team: Team) -> None:
    emergency(team)
    team.root.joinpath("gitconfig").write_text("")
    assert team.run("review", "run-1", "--conclusion", "All good.")[0] == 2


@pytest.mark.parametrize(
    ("prepare", "arguments", "told"),
    [
        (lambda recorder: recorder.run("run-1"), ("run-1",), "no open emergency"),
        (lambda recorder: recorder.begin("run-1", emergency=True), ("run-1",), "no open emergency"),
        (lambda recorder: recorder.run("run-1"), ("run-2",), "holds no run run-2"),
    ],
)
def test_only_an_emergency_that_has_ended_is_reviewed(
    team: Team, prepare: Callable[[Recorder], object], arguments: tuple[str], told: str
) -> None:
    prepare(team.recorder())
    code, _, err = team.run("review", *arguments, "--conclusion", "All good.")
    assert code == 1
    assert told in err


def test_an_unsigned_review_is_loudly_said(team: Team) -> None:
    (team.root / "soc2.yaml").unlink()
    Recorder(team.store, Unsigned()).run("run-1", emergency=True)
    code, _, err = team.run("review", "run-1", "--conclusion", "Right.")
    assert code == 0
    assert "not signed" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "--head", "7"),
        ("verify", "--identity", "someone@acme.example"),
        ("verify", "--issuer", "https://accounts.example"),
        ("verify", "shop"),
        ("verify", "--key", "soc2.yaml"),
        ("verify", "--folder", "missing"),
        ("verify", "--pack-digest", "1.2.3"),
        ("review", "run-1", "--conclusion", " "),
        ("review", "run-1"),
    ],
)
def test_what_cannot_be_meant_is_refused(team: Team, arguments: tuple[str, ...]) -> None:
    emergency(team)
    assert team.run(*arguments)[0] == 1
