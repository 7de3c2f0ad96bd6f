from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from policies.authoring.harness import (
    REDACTED,
    UNKNOWN,
    Opaque,
    Raw,
    RuleCrashed,
    Secret,
    SecretQuoted,
    changed,
    judge,
    remediated,
    resource,
)
from policies.boundary.firewall_enabled import RULE as FIREWALL_ENABLED
from policies.boundary.stack_firewall_per_exposed_project import RULE as STACK_RULE
from policies.judge.registry import rules
from policies.judge.resources import Resource
from policies.judge.rule import Finding, Findings, NotApplicable, Rule, Violation
from policies.secrets.env_secret_must_be_sensitive import RULE
from policies.subjects.tokens import ENVIRONMENT_VARIABLE, PROJECT

from ..pack_process import PackProcess
from ..test_examples import judged

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_says_what_the_pack_says_over_its_port(preview: PackProcess, rule: Rule) -> None:
    for example in (rule.failing, rule.passing):
        here, there = judge(rule, example), judged(preview, rule, example)
        assert here.verdict == there.verdict
        assert [text.split(": ", 1)[1].rpartition("\nsee: ")[0] for text in here.messages] == there.messages


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"sensitive": False}, "fail"),
        ({"sensitive": None}, "fail"),
        ({"sensitive": UNKNOWN}, "unknown"),
        ({"sensitive": Opaque("an asset")}, "fail"),
        ({"targets[0]": "development", "sensitive": False}, "pass"),
        ({"sensitive": Secret(True), "value": Secret(UNKNOWN)}, "pass"),
    ],
)
def test_a_rule_of_its_own(given: dict[str, Raw], verdict: str) -> None:
    assert judge(RULE, changed(RULE.passing, given)).verdict == verdict


def test_what_was_unknown_is_a_violation_at_update() -> None:
    judgement = judge(RULE, changed(RULE.passing, {"sensitive": UNKNOWN}), update=True)
    assert judgement.verdict == "fail"
    assert judgement.text.startswith("CC6.6: sensitive is still not known")


def test_what_stored_state_does_not_show_is_redacted() -> None:
    variable = changed(RULE.passing, {"key": "BACKEND", "value": Secret(REDACTED), "sensitive": False})
    judgement = judge(RULE, variable, stored=True)
    assert judgement.verdict == "redacted"
    assert judgement.text.startswith("CC6.6: redacted, value is a secret that could not be decrypted")
    assert judge(RULE, variable).verdict == "pass", "at a preview the same words are only words"
    assert judge(RULE, changed(RULE.passing, {"sensitive": UNKNOWN}), stored=True).verdict == "fail"


def test_a_message_is_told_with_its_property_and_its_resource() -> None:
    judgement = judge(RULE, RULE.failing)
    assert judgement.paths == ("sensitive",)
    assert judgement.names == ("stripe",)
    assert judgement.text.endswith("\nsee: docs/rules/env-secret-must-be-sensitive.md")


def test_a_stack_rule_is_given_every_resource() -> None:
    project, domain, firewall = STACK_RULE.passing.resources
    assert judge(STACK_RULE, project, domain, firewall).verdict == "pass"
    judgement = judge(STACK_RULE, project, domain)
    assert judgement.verdict == "fail"
    assert judgement.names == ("shop",)
    assert judge(STACK_RULE).verdict == "not applicable"
    assert judge(STACK_RULE, project, domain, changed(firewall, {"projectId": Opaque("an asset")})).verdict == "fail"


def test_a_rule_of_another_pack_needs_none_of_ours() -> None:
    def check(bucket: Resource) -> Findings:
        if not bucket["versioned"].flag(default=False):
            yield Violation("versioned", "is not true")

    rule = replace(RULE, id="bucket-versioned", types=("acme:index:Bucket",), check=check)
    assert judge(rule, resource("acme:index:Bucket", "logs", {"versioned": True})).verdict == "pass"
    assert judge(rule, resource("acme:index:Bucket", "logs", {})).verdict == "fail"


@pytest.mark.parametrize("path", ["value[0]", "targets[7]", "targets.first", "a..b", "[x]"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(KeyError, match=re.escape(path)):
        changed(RULE.passing, {path: "x"})


def test_changing_leaves_the_example_as_it_is_and_makes_objects_on_the_way() -> None:
    project = resource(PROJECT, "shop", {"list": [Secret({"a": 1.0})]}, declared={})
    other = changed(project, {"trustedIps.protectionMode": "none"})
    assert other["trustedIps"]["protectionMode"].text() == "none"
    assert other.declared["trustedIps"]["protectionMode"].text() == "none"
    assert project["trustedIps"].absent
    inside = changed(resource(PROJECT, "shop", {"list": [Secret({"a": 1.0})]}), {"list[0].a": "new"})["list"][0]["a"]
    assert inside.text() == "new"
    assert inside.secret


def test_nothing_passes_because_nothing_was_judged() -> None:
    with pytest.raises(ValueError, match="does not speak of acme:index:Bucket, only of vercel:"):
        judge(RULE, resource("acme:index:Bucket", "logs", {}))
    with pytest.raises(ValueError, match="one resource at a time; 2 were given"):
        judge(RULE, RULE.passing, RULE.failing)
    with pytest.raises(TypeError, match="neither"):
        judge("env-secret-must-be-sensitive", RULE.passing)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="types is 'vercel:index/project:Project'; it must be a tuple of"):
        judge(replace(RULE, types=PROJECT), resource(PROJECT, "shop", {}))


def crashing(subject: Resource) -> Findings:
    raise RuntimeError("boom")


def unwritten(subject: Resource) -> Findings:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (crashing, "env-secret-must-be-sensitive itself failed: RuntimeError: boom"),
        (unwritten, "the check of env-secret-must-be-sensitive is not written yet"),
        (lambda _: [True], "a check yields findings, not bool"),
        (lambda _: True, "itself failed: TypeError"),
    ],
)
def test_a_crash_is_not_taken_for_a_violation(check: Callable[[Resource], Findings], told: str) -> None:
    with pytest.raises(RuleCrashed, match=told):
        judge(replace(RULE, check=check), RULE.failing)


@pytest.mark.parametrize("kind", [lambda text: Violation("value", "is " + text), NotApplicable])
def test_a_rule_that_quotes_a_secret_is_told_so_without_quoting_it(kind: Callable[[str], Finding]) -> None:
    rule = replace(RULE, check=lambda subject: [kind(subject["value"].text())])
    variable = resource(ENVIRONMENT_VARIABLE, "stripe", {"value": Secret("canary-4711")})
    with pytest.raises(SecretQuoted, match=re.escape("[secret]")) as quoted:
        judge(rule, variable)
    assert "canary" not in str(quoted.value)


def test_a_word_of_the_message_itself_is_not_taken_for_a_quoted_secret() -> None:
    assert judge(RULE, changed(RULE.failing, {"comment": Secret("a deployed variable")})).verdict == "fail"


def test_the_example_in_the_contributors_guide_runs() -> None:
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    [example] = [code for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "harness" in code]
    scope: dict[str, object] = {}
    exec(example, scope)  # noqa: S102 - the guide's own text
    tests = [value for name, value in scope.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        assert callable(test)
        test()


def test_a_resource_as_the_rule_remediates_it() -> None:
    after = remediated(FIREWALL_ENABLED, FIREWALL_ENABLED.failing)
    assert after
    assert after.declared.raw() == {"projectId": UNKNOWN, "enabled": True}
    assert list(after.declared.raw()) == list(FIREWALL_ENABLED.failing.resources[0].declared.raw())
    assert judge(FIREWALL_ENABLED, after).verdict == "pass"
    assert remediated(FIREWALL_ENABLED, FIREWALL_ENABLED.passing) is None
    assert remediated(RULE, RULE.failing) is None
    assert remediated(STACK_RULE, STACK_RULE.failing) is None
