"""`soc2 judge` and `soc2 compare`: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.judge.registry import rules
from soc2_guardrails.command.app import app, run
from soc2_guardrails.command.exits import Exit
from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import Intent, Outcome, Result
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores.folder import Folder
from soc2_guardrails.runs.planned import PlannedState
from tests.soc2_guardrails.runs.plans import FIREWALL, planned, resource

_PACK = str(Path(__file__).parents[3] / "policies")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose program is not there: nothing of it is to be run."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: nowhere\n")
    (tmp_path / "soc2.yaml").write_text(f"policyPack:\n  path: {_PACK}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def firewall(*, on: bool) -> PlannedState:
    rules = {
        rule: {"active": True, "action": "deny"} for rule in ("sqli", "xss", "rce", "lfi", "rfi", "sd", "ma", "gen")
    }
    inputs = {"enabled": on, "projectId": "prj_1", "managedRulesets": {"owasp": rules}}
    return planned(resource(FIREWALL, "wall", inputs=inputs, outputs=inputs))


@pytest.mark.parametrize(("on", "code", "result"), [(True, Exit.FINE, "succeeded"), (False, Exit.REFUSED, "refused")])
def test_a_verdict(project: Path, capsys: pytest.CaptureFixture[str], on: bool, code: Exit, result: str) -> None:
    firewall(on=on).write(project / "planned.json")
    arguments = ["judge", "planned.json", "--stack", "production", "--commit", "abc", "--json", "--no-record"]
    assert run(app, arguments) == code
    written = capsys.readouterr()
    told = json.loads(written.out)
    assert (told["result"], told["evaluated"], told["commit"]) == (result, True, "abc")
    assert told["plan"] == firewall(on=on).digest
    assert ("firewall-enabled" in written.err) is (not on)


def test_what_failed_on_the_base_is_not_new(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    firewall(on=False).write(project / "planned.json")
    arguments = ["judge", "planned.json", "--stack", "production", "--json", "--no-record"]
    assert run(app, arguments) == Exit.REFUSED
    (project / "base.json").write_text(capsys.readouterr().out)
    assert run(app, [*arguments, "--base", "base.json"]) == Exit.REFUSED
    assert {each["new"] for each in json.loads(capsys.readouterr().out)["findings"]} == {False}


@pytest.mark.parametrize(
    ("content", "stack", "told"),
    [
        (None, "production", "planned.json: No such file"),
        ("{", "production", "no JSON, or it is cut off"),
        (firewall(on=True).model_dump_json(by_alias=True), "staging", "is of shop/production, and not of shop/staging"),
    ],
)
def test_what_cannot_be_judged(
    project: Path, capsys: pytest.CaptureFixture[str], content: str | None, stack: str, told: str
) -> None:
    if content is not None:
        (project / "planned.json").write_text(content)
    assert run(app, ["judge", "planned.json", "--stack", stack, "--no-record"]) == Exit.COULD_NOT_RUN
    assert told in capsys.readouterr().err


def test_a_pack_other_than_the_pinned_one_judges_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    firewall(on=True).write(project / "planned.json")
    pinned = f"policyPack:\n  path: {_PACK}\n  digest: sha256:{'0' * 64}\n"
    (project / "soc2.yaml").write_text(pinned)
    assert run(app, ["judge", "planned.json", "--stack", "production", "--no-record"]) == Exit.COULD_NOT_RUN
    assert "pins sha256:000" in capsys.readouterr().err


def test_the_verdict_says_how_many_rules_are_switched_off(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    firewall(on=False).write(project / "planned.json")
    (project / "policy.json").write_text('{"all": "disabled"}')
    arguments = ["judge", "planned.json", "--stack", "production", "--no-record"]
    assert run(app, [*arguments, "--policy-pack-config", "policy.json"]) == Exit.FINE
    assert f"no violation; {len(rules())} rules are switched off. " in capsys.readouterr().err.splitlines()[-1]


def test_what_a_plan_takes_out_of_sight_is_told_with_what_it_would_take(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firewall(on=True).write(project / "planned.json")
    (project / "policy.json").write_text('{"pack": {"plan": {"vercel": "hobby"}}}')
    arguments = ["judge", "planned.json", "--stack", "production", "--no-record", "--json"]
    assert run(app, [*arguments, "--policy-pack-config", "policy.json"]) == Exit.FINE
    written = capsys.readouterr()
    line = (
        "firewall-owasp-deny on 1 resource: needs Vercel Enterprise, which has the managed OWASP rulesets; "
        "the policy configuration states Vercel Hobby"
    )
    assert line in json.loads(written.out)["notJudged"]
    assert f"  {line}\n" in written.err


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ('{"pack": {"profile": "telehealth"}, "pack": {"profile": "advisory"}}', "pack: the key stands twice"),
        (
            '{"pack": {"plan": {"vercel": "hoby"}}}',
            'pack.plan.vercel: is "hoby", which it cannot be; did you mean hobby?',
        ),
        ("firewall-enabled: advisory", "this is no JSON"),
    ],
)
@pytest.mark.parametrize("command", [["judge", "planned.json"], ["preview"], ["up", "--yes"]], ids=lambda each: each[0])
def test_a_configuration_that_cannot_be_read_starts_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], configuration: str, told: str, command: list[str]
) -> None:
    firewall(on=True).write(project / "planned.json")
    (project / "policy.json").write_text(configuration)
    assert run(app, [*command, "--stack", "production", "--policy-pack-config", "policy.json"]) == Exit.COULD_NOT_RUN
    written = capsys.readouterr().err
    assert written.startswith(f"{project / 'policy.json'}: ")
    assert told in written
    assert "\nmend: " in written
    assert not (project / ".soc2").exists(), "no record, and no folder of a run"


def test_compare_says_what_differs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    firewall(on=True).write(project / "reviewed.json")
    firewall(on=True).write(project / "planned.json")
    assert run(app, ["compare", "reviewed.json", "planned.json"]) == Exit.FINE
    firewall(on=False).write(project / "planned.json")
    assert run(app, ["compare", "reviewed.json", "planned.json"]) == Exit.DRIFT
    assert "wall: other inputs than reviewed: enabled" in capsys.readouterr().err
    assert run(app, ["compare", "gone.json", "planned.json"]) == Exit.COULD_NOT_RUN
    other = PlannedState.model_validate_json(firewall(on=True).model_dump_json(by_alias=True).replace("shop", "other"))
    other.write(project / "reviewed.json")
    assert run(app, ["compare", "reviewed.json", "planned.json"]) == Exit.COULD_NOT_RUN
    assert "compare plans of one stack" in capsys.readouterr().err


def test_it_leaves_a_record_that_verifies(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "soc2.yaml").write_text(
        f"policyPack:\n  path: {_PACK}\n"
        "evidence:\n  store: {kind: folder, path: evidence}\n  signing: {how: none}\n"
    )
    firewall(on=False).write(project / "planned.json")
    arguments = ["judge", "planned.json", "--stack", "production", "--commit", "a" * 40, "--json"]
    assert run(app, arguments) == Exit.REFUSED
    told = json.loads(capsys.readouterr().out)
    assert told["record"]["outcome"] == "shop/production/previews/000000002.json"
    store = Folder(project / "evidence")
    chain = Chain(store, ChainName("shop", "production", "previews", sandbox=False), Unsigned())
    intent, outcome = (entry.predicate for entry in chain.entries())
    assert isinstance(intent, Intent)
    assert isinstance(outcome, Outcome)
    assert intent.commit
    assert intent.commit.sha == "a" * 40
    assert outcome.result is Result.REFUSED
    [phase] = outcome.phases
    assert phase.plan == firewall(on=False).digest
    assert [each.rule for each in phase.decisions if each.verdict == "fail"] == ["firewall-enabled"]


def test_a_plan_that_could_not_be_judged_is_on_record_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = project / "broken"
    broken.mkdir()
    (broken / "PulumiPolicy.yaml").write_text("name: broken\nversion: 1.0.0\nruntime: python\n")
    (broken / "__main__.py").write_text("raise SystemExit('out of order')\n")
    (project / "soc2.yaml").write_text(
        "policyPack:\n  path: broken\nevidence:\n  store: {kind: folder, path: evidence}\n  signing: {how: none}\n"
    )
    firewall(on=True).write(project / "planned.json")
    assert run(app, ["judge", "planned.json", "--stack", "production"]) == Exit.COULD_NOT_RUN
    assert "out of order" in capsys.readouterr().err
    chain = Chain(Folder(project / "evidence"), ChainName("shop", "production", "previews", sandbox=False), Unsigned())
    last = chain.last()
    assert last
    assert isinstance(last.predicate, Outcome)
    assert last.predicate.result is Result.FAILED


def test_an_embedded_account_is_no_evidence_whatever_the_plan_says(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firewall(on=True).write(project / "planned.json")
    (project / "soc2.yaml").write_text(
        f"policyPack:\n  path: {_PACK}\n"
        "evidence:\n  store: {kind: folder, path: evidence}\n  signing: {how: none}\n"
    )
    assert run(app, ["judge", "planned.json", "--stack", "production", "--sandbox", "--json"]) == Exit.FINE
    told = json.loads(capsys.readouterr().out)
    assert told["sandbox"] is True
    assert told["record"]["outcome"].startswith("sandbox/")
