"""Every rule's own examples, judged by the pack over its port: what a rule's page shows is true."""

from __future__ import annotations

import pytest

from policies.judge.registry import AREAS, rules
from policies.judge.rule import Example, ResourceRule, Rule

from .pack_process import PACK, Answer, PackProcess

RULES = list(rules())


def judged(pack: PackProcess, rule: Rule, example: Example) -> Answer:
    if isinstance(rule, ResourceRule):
        return pack.judge(example.resources[0]).of(rule.id)
    return pack.judge_stack(*example.resources).of(rule.id)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_failing_example_fails(preview: PackProcess, rule: Rule) -> None:
    answer = judged(preview, rule, rule.failing)
    assert answer.verdict == "fail", answer.text
    for diagnostic in answer.diagnostics:
        assert diagnostic.urn, "a violation without a URN cannot be shown by the engine"
        assert "\nmend: " in diagnostic.message
        assert diagnostic.description.startswith(f"{rule.criterion}: ")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_passing_example_passes(preview: PackProcess, rule: Rule) -> None:
    answer = judged(preview, rule, rule.passing)
    assert answer.verdict == "pass", answer.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_says_who_it_is(rule: Rule) -> None:
    assert rule.criterion.startswith("CC")
    assert rule.title
    assert rule.title[-1] != "."
    assert len(rule.rationale) > 80
    assert rule.remediation.endswith(".")
    assert rule.frameworks


def test_every_area_is_there_and_none_hides_a_module() -> None:
    for area in AREAS:
        assert not (PACK / area / "__init__.py").exists()


def test_the_rules_of_the_first_release_are_all_there() -> None:
    assert [rule.id for rule in RULES] == [
        "env-no-cross-boundary-target",
        "env-no-plaintext-credential",
        "env-no-secret-in-public-prefix",
        "env-provenance-from-secret-manager",
        "env-rotation-age",
        "env-secret-must-be-sensitive",
        "secret-in-plain-sink",
        "firewall-enabled",
        "firewall-owasp-deny",
        "project-deployment-protection",
        "stack-firewall-per-exposed-project",
        "headers-cors-safe",
        "headers-csp-strong",
        "headers-hsts-preload-grade",
        "stack-headers-baseline-coverage",
        "repo-secret-scanning",
        "stack-production-branch-protected",
        "log-drain-complete",
        "stack-log-drain-covers-production",
    ]
