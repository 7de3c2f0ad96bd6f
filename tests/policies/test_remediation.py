"""Rules that may change a resource in place of refusing it, asked over the port as the engine asks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2 as pb

from policies.authoring.harness import changed
from policies.boundary.firewall_enabled import RULE as FIREWALL
from policies.judge.configured import Configuration
from policies.judge.enforcement import Enforcement
from policies.judge.registry import rules
from policies.judge.remedy import Remedy, Withheld, attempt
from policies.judge.resources import Resource, resource
from policies.judge.rule import Finding, ResourceRule, Undecided, Violation
from policies.judge.values import UNKNOWN, Opaque, Raw, Secret
from policies.judge.waivers import utc_today
from policies.judge.wire import decode, encode
from policies.source_control.repo_secret_scanning import RULE as SCANNING
from policies.subjects.tokens import FIREWALL_CONFIG, PROJECT, REPOSITORY
from sandbox.account import Account
from sandbox.home import Sandbox

from .judge.test_waivers import waiver_of_today
from .pack_process import PACK, PackProcess

REMEDIABLE = [rule for rule in rules() if isinstance(rule, ResourceRule) and rule.remediate]
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
TYPED_UNKNOWN = "3eeb2bf0-c639-47a8-9e75-3b44932eb421"  # of a number
each_rule = pytest.mark.parametrize("rule", REMEDIABLE, ids=lambda rule: rule.id)


@pytest.fixture(scope="module")
def asked() -> Iterator[PackProcess]:
    """A pack whose every rule has the level remediate."""
    pack = PackProcess(config={rule.id: "remediate" for rule in rules()})
    yield pack
    pack.stop()


def properties_of(answer: pb.RemediateResponse) -> Struct | None:
    """What the engine goes on with: the properties of the last entry that has some."""
    found = [entry.properties for entry in answer.remediations if not entry.diagnostic]
    return found[-1] if found else None


def told(answer: pb.RemediateResponse) -> list[str]:
    return [entry.diagnostic for entry in answer.remediations if entry.diagnostic]


def test_these_rules_can_remediate() -> None:
    assert [rule.id for rule in REMEDIABLE] == [
        "firewall-enabled",
        "project-deployment-protection",
        "repo-secret-scanning",
    ]


@each_rule
def test_the_failing_example_is_changed_and_passes(asked: PackProcess, rule: ResourceRule) -> None:
    failing = rule.failing.resources[0]
    answer = asked.remediate(failing)
    after = properties_of(answer)
    assert after is not None
    mended = resource(failing.type, failing.name, decode(after), urn=failing.urn)
    assert asked.judge(mended).of(rule.id).verdict == "pass"
    assert asked.judge(failing).of(rule.id).verdict == "fail", "asked to remediate, it is mandatory all the same"
    [entry, said] = [each for each in answer.remediations if each.policyName == rule.id]
    assert not entry.diagnostic
    assert said.diagnostic.startswith(f"{rule.criterion}: changed ")
    assert said.diagnostic.endswith(f"see: docs/rules/{rule.id}.md")


@each_rule
def test_nothing_is_changed_unless_asked(preview: PackProcess, rule: ResourceRule) -> None:
    assert preview.remediate(rule.failing.resources[0]) == pb.RemediateResponse()


@each_rule
def test_what_passes_is_left_alone(asked: PackProcess, rule: ResourceRule) -> None:
    assert not [e for e in asked.remediate(rule.passing.resources[0]).remediations if e.policyName == rule.id]


leaves = st.sampled_from([None, True, 2.0, "text", UNKNOWN, Secret(CANARY), Secret(UNKNOWN), Secret(["x", CANARY])])
trees: st.SearchStrategy[Raw] = st.recursive(
    leaves,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inside, max_size=3),
    max_leaves=8,
)


@each_rule
@settings(deadline=None, database=None, derandomize=True, max_examples=40)
@given(around=st.dictionaries(st.sampled_from(["other", "another", "third"]), trees, min_size=1))
def test_everything_else_stays_byte_for_byte(asked: PackProcess, rule: ResourceRule, around: dict[str, Raw]) -> None:
    failing = rule.failing.resources[0]
    sent = encode({**failing.declared.raw(), **around})
    sent.fields["__defaults"].CopyFrom(encode({"x": ["name"]}).fields["x"])
    sent.fields["count"].string_value = TYPED_UNKNOWN
    sent.fields["nested"].CopyFrom(encode({"x": {"inside": Secret(CANARY)}}).fields["x"])
    sent.fields["nested"].struct_value.fields["__defaults"].CopyFrom(encode({"x": []}).fields["x"])
    answer = asked.remediate(failing, sent)
    after = properties_of(answer)
    assert after is not None
    for key in (*around, "__defaults", "count", "nested"):
        assert after.fields[key] == sent.fields[key]
    assert set(sent.fields) <= set(after.fields)
    assert CANARY not in "".join(told(answer))


def firewall(**given: Raw) -> Resource:
    return resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, **given})


def repository(**given: Raw) -> Resource:
    return resource(REPOSITORY, "shop", {"name": "shop", "securityAndAnalysis": given})


@pytest.mark.parametrize(
    ("subject", "after"),
    [
        (firewall(enabled=False), {"projectId": UNKNOWN, "enabled": True}),
        (firewall(enabled=Secret(False)), {"projectId": UNKNOWN, "enabled": Secret(True)}),
        (resource(PROJECT, "p", {}), {"vercelAuthentication": {"deploymentType": "standard_protection_new"}}),
        (
            resource(PROJECT, "p", {"vercelAuthentication": Secret({"deploymentType": "none"})}),
            {"vercelAuthentication": Secret({"deploymentType": "standard_protection_new"})},
        ),
        (
            repository(advancedSecurity={"status": UNKNOWN}, secretScanning={"status": "disabled"}),
            {
                "name": "shop",
                "securityAndAnalysis": {
                    "advancedSecurity": {"status": UNKNOWN},
                    "secretScanning": {"status": "enabled"},
                    "secretScanningPushProtection": {"status": "enabled"},
                },
            },
        ),
    ],
)
def test_what_is_changed(asked: PackProcess, subject: Resource, after: dict[str, Raw]) -> None:
    properties = properties_of(asked.remediate(subject))
    assert properties is not None
    assert decode(properties) == after


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (
            repository(secretScanning={"status": "disabled"}, secretScanningPushProtection={"status": UNKNOWN}),
            "CC6.8: not remediated, securityAndAnalysis.secretScanningPushProtection.status is not known yet\n"
            "see: docs/rules/repo-secret-scanning.md",
        ),
        (
            resource(PROJECT, "p", {"vercelAuthentication": "none"}),
            "CC6.6: not remediated, vercelAuthentication is not an object\n"
            "see: docs/rules/project-deployment-protection.md",
        ),
        (
            resource(PROJECT, "p", {"passwordProtection": ["odd"], "vercelAuthentication": {"deploymentType": "none"}}),
            "CC6.6: not remediated, the resource would still not be shown to keep the rule\n"
            "see: docs/rules/project-deployment-protection.md",
        ),
    ],
)
def test_what_cannot_be_remediated_stays_refused(asked: PackProcess, subject: Resource, reason: str) -> None:
    answer = asked.remediate(subject)
    assert properties_of(answer) is None
    assert told(answer) == [reason]
    assert asked.judge(subject).verdict == "fail"


def test_an_unknown_value_is_not_decided(asked: PackProcess) -> None:
    assert asked.remediate(firewall(enabled=UNKNOWN)) == pb.RemediateResponse()


def test_a_message_quotes_no_secret_key(asked: PackProcess) -> None:
    subject = changed(replace(REMEDIABLE[0].failing.resources[0], name=CANARY), {"secret": Secret("enabled")})
    assert "enabled" not in told(asked.remediate(subject))[0].partition("\n")[0]


def test_remediate_for_a_rule_without_one_means_mandatory(asked: PackProcess) -> None:
    [rule] = [each for each in rules() if each.id == "env-secret-must-be-sensitive"]
    [weak] = rule.failing.resources
    assert asked.remediate(weak) == pb.RemediateResponse()
    assert asked.judge(weak).of(rule.id).verdict == "fail"


# --- what the configuration accepts is left alone


@contextmanager
def configured(config: dict[str, Any], *, preview: bool = True) -> Iterator[PackProcess]:
    pack = PackProcess(config=config, preview=preview)
    try:
        yield pack
    finally:
        pack.stop()


@pytest.mark.parametrize(
    ("visibility", "plan", "verdict", "settings_changed"),
    [
        ("private", {"github": "free"}, "not applicable", False),
        ("private", {"github": "team"}, "fail", True),
        ("private", {}, "fail", True),
        ("public", {"github": "free"}, "fail", True),
        (UNKNOWN, {"github": "free"}, "fail", True),
    ],
)
def test_what_the_stated_plan_lacks_is_left_alone(
    visibility: Raw, plan: dict[str, str], verdict: str, settings_changed: bool
) -> None:
    subject = changed(SCANNING.failing, {"visibility": visibility})
    with configured({SCANNING.id: "remediate", "pack": {"plan": plan}}) as pack:
        after = properties_of(pack.remediate(subject))
        assert (after is not None) is settings_changed
        assert pack.judge(subject).of(SCANNING.id).verdict == verdict


@pytest.mark.parametrize("preview", [True, False])
def test_what_is_waived_is_left_alone_and_its_waiver_is_used(preview: bool) -> None:
    [shop] = FIREWALL.failing.resources
    other = replace(shop, urn=f"{shop.urn}-other")
    with configured({FIREWALL.id: "remediate", **waiver_of_today()}, preview=preview) as pack:
        assert pack.remediate(shop) == pb.RemediateResponse()
        assert pack.judge(shop).of(FIREWALL.id).verdict == "waived"
        assert properties_of(pack.remediate(other)) is not None
        assert pack.judge_stack(shop).of("pack").diagnostics == ()


def test_a_waiver_counts_as_used_by_what_it_kept_from_remediation() -> None:
    with configured({FIREWALL.id: "remediate", **waiver_of_today()}) as pack:
        assert pack.judge_stack().of("pack").verdict == "advice"
        pack.remediate(FIREWALL.failing.resources[0])
        assert pack.judge_stack().of("pack").diagnostics == ()


def test_a_waiver_that_waives_nothing_keeps_nothing_from_remediation() -> None:
    expired = waiver_of_today(expires=f"{utc_today() - timedelta(1)}")
    with configured({FIREWALL.id: "remediate", **expired}) as pack:
        assert properties_of(pack.remediate(FIREWALL.failing.resources[0])) is not None


@pytest.mark.parametrize("preview", [True, False])
def test_an_unknown_value_that_is_a_violation_is_not_decided_either(preview: bool) -> None:
    levels = {FIREWALL.id: {"enforcementLevel": "remediate", "onUnknown": "fail"}}
    with configured(levels, preview=preview) as pack:
        assert pack.remediate(firewall(enabled=UNKNOWN)) == pb.RemediateResponse()
        assert pack.judge(firewall(enabled=UNKNOWN)).of(FIREWALL.id).verdict == "fail"


@pytest.mark.parametrize(
    ("found", "strict", "remediated"),
    [
        ([Violation("enabled", "is false")], False, True),
        ([Violation("enabled", "is false", advice=True)], False, False),
        ([Violation("enabled", "is false", advice=True)], True, True),
        ([Violation("enabled", "is false", advice=True), Violation("enabled", "is false")], False, True),
        ([Undecided("name")], True, False),
    ],
)
def test_advice_is_remediated_where_the_configuration_is_strict(
    found: list[Finding], strict: bool, remediated: bool
) -> None:
    def check(given: Resource) -> list[Finding]:
        return [] if given["enabled"].flag() else found

    rule, subject = replace(FIREWALL, check=check), firewall(enabled=False)
    by = Enforcement(
        Configuration(strict=frozenset({rule.id}) if strict else frozenset()), {rule.id: rule}, utc_today()
    )
    tried = attempt(rule, subject, encode(subject.declared.raw()), held=by.holds)
    assert isinstance(tried, Remedy) is remediated
    if not strict:
        assert attempt(rule, subject, encode(subject.declared.raw())) == tried


# --- what a remediation of any rule must not do


def withheld(rule: ResourceRule, subject: Resource, after: dict[str, Raw]) -> str:
    found = attempt(replace(rule, remediate=lambda _: after), subject, encode(subject.declared.raw()))
    assert isinstance(found, Withheld)
    return found.reason


@pytest.mark.parametrize(
    "given",
    [{"notes": {"inside": Secret(CANARY)}}, {"notes": [UNKNOWN]}, {"notes": Opaque("an asset")}],
    ids=["secret", "unknown", "opaque"],
)
@pytest.mark.parametrize("instead", [{}, {"notes": "gone"}], ids=["taken away", "replaced"])
def test_it_takes_no_marked_value_away(given: dict[str, Raw], instead: dict[str, Raw]) -> None:
    subject = firewall(enabled=False, **given)
    reason = withheld(REMEDIABLE[0], subject, {"projectId": UNKNOWN, "enabled": True, **instead})
    assert reason == "notes would be replaced, and holds a value that must not be lost"


def test_it_keeps_a_mark_that_the_rule_dropped() -> None:
    subject = firewall(enabled=Secret(False))
    rule = replace(REMEDIABLE[0], remediate=lambda _: {"projectId": UNKNOWN, "enabled": True})
    found = attempt(rule, subject, encode(subject.declared.raw()))
    assert isinstance(found, Remedy)
    assert decode(found.properties)["enabled"] == Secret(True)
    assert found.changed == ("enabled",)


def test_one_that_crashes_is_withheld() -> None:
    def crash(_: Resource) -> dict[str, Raw]:
        raise RuntimeError(CANARY)

    subject = firewall(enabled=False)
    found = attempt(replace(REMEDIABLE[0], remediate=crash), subject, encode(subject.declared.raw()))
    assert found == Withheld("the rule's remediation itself failed (RuntimeError)")


def test_one_that_does_not_mend_is_withheld() -> None:
    after: dict[str, Raw] = {"projectId": UNKNOWN, "enabled": "yes"}
    assert "would still not" in withheld(REMEDIABLE[0], firewall(enabled=False), after)


def test_none_where_it_would_not_be_safe() -> None:
    subject = firewall(enabled=False)
    rule = replace(REMEDIABLE[0], remediate=lambda _: None)
    assert attempt(rule, subject, encode(subject.declared.raw())) is None


# --- on the real engine

PROGRAM = """
import pulumi
import pulumiverse_vercel as vercel

project = vercel.Project(
    "shop", vercel_authentication=vercel.ProjectVercelAuthenticationArgs(deployment_type="standard_protection_new")
)
vercel.FirewallConfig("shop-firewall", project_id=project.id, enabled=False)
"""


@pytest.mark.engine
def test_the_engine_deploys_what_was_remediated(make_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "__main__.py").write_text(PROGRAM, "utf-8")
    config = tmp_path / "config.json"
    levels = {"all": "advisory", "firewall-enabled": "remediate"}
    config.write_text(json.dumps(levels), "utf-8")
    sandbox, judged = make_sandbox(program), ("--policy-pack-config", str(config))

    preview = sandbox.preview("dev", *judged, "--diff", pack=PACK, timeout=120)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "[remediate]  firewall-enabled" in preview.stdout
    assert re.search(r"enabled *: (false => )?true", preview.stdout), preview.stdout
    assert "CC6.6: changed enabled, which the program states otherwise" in preview.stdout

    log = tmp_path / "log.jsonl"
    up = sandbox.up("dev", *judged, "--event-log", str(log), pack=PACK, timeout=120)
    assert up.returncode == 0, up.stdout + up.stderr
    [made] = [one for one in Account.open(sandbox.account_path).list() if one.type == FIREWALL_CONFIG]
    assert made.properties["enabled"] is True
    [event] = [e for e in map(json.loads, log.read_text("utf-8").splitlines()) if "policyRemediationEvent" in e]
    assert event["policyRemediationEvent"]["before"]["enabled"] is False
    assert event["policyRemediationEvent"]["after"]["enabled"] is True

    again = sandbox.preview("dev", *judged, "--expect-no-changes", pack=PACK, timeout=120)
    assert again.returncode == 0, again.stdout + again.stderr
    refused = sandbox.preview("dev", pack=PACK, timeout=120)
    assert refused.returncode != 0
    assert "firewall-enabled" in refused.stdout
