"""Every rule's own examples, judged by the pack over its port: what a rule's page shows is true."""

from __future__ import annotations

import ast

import pytest

from policies.judge.registry import AREAS, rules
from policies.judge.rule import Example, ResourceRule, Rule
from policies.judge.turns import RULE_SECONDS

from .pack_process import PACK, Answer, PackProcess

HERE = "tests/policies/test_examples.py"
RULES = list(rules())
MEMBERS = {
    "env-no-cross-boundary-target",
    "env-no-plaintext-credential",
    "env-no-secret-in-public-prefix",
    "env-provenance-from-secret-manager",
    "env-rotation-age",
    "env-secret-must-be-sensitive",
    "firewall-enabled",
    "firewall-owasp-deny",
    "headers-cors-safe",
    "headers-csp-strong",
    "headers-hsts-preload-grade",
    "log-drain-complete",
    "project-deployment-protection",
    "repo-secret-scanning",
    "secret-in-plain-sink",
    "stack-firewall-per-exposed-project",
    "stack-headers-baseline-coverage",
    "stack-log-drain-covers-production",
    "stack-production-branch-protected",
}
"""What the pack holds, written down so that no rule comes or goes unseen: a change of it shows in review."""


def held_to(members: set[str], found: set[str]) -> None:
    for rule in sorted(found - members):
        pytest.fail(f"{rule} is not in MEMBERS; add the id there, in {HERE}", pytrace=False)
    for rule in sorted(members - found):
        pytest.fail(f"{rule} is gone; if that is meant, take the id out of MEMBERS in {HERE}", pytrace=False)


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


def catching_all(code: str) -> list[int]:
    """The lines of `except` clauses that catch what ends a rule: without a name, or with `BaseException` in it."""
    handlers = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ExceptHandler)]
    return [each.lineno for each in handlers if each.type is None or "BaseException" in ast.unparse(each.type)]


@pytest.mark.parametrize("folder", [*AREAS, "subjects"])
def test_no_rule_swallows_what_ends_it(folder: str) -> None:
    for file in (PACK / folder).glob("*.py"):
        lines = catching_all(file.read_text("utf-8"))
        assert not lines, f"{folder}/{file.name}, line {lines[0]}: catch Exception at most, or the rule cannot be ended"


def test_what_swallows_everything_is_found() -> None:
    clauses = ["except:", "except BaseException:", "except (ValueError, BaseException) as e:", "except Exception:"]
    assert [catching_all(f"try:\n    pass\n{each}\n    pass\n") for each in clauses] == [[3], [3], [3], []]


def test_the_contributors_guide_states_the_time_limit() -> None:
    assert RULE_SECONDS == 5
    assert "it has five seconds" in (PACK.parent / "CONTRIBUTING.md").read_text("utf-8")


def test_no_rule_comes_or_goes_unseen() -> None:
    held_to(MEMBERS, {rule.id for rule in RULES})


def test_the_pinned_membership_tells_what_to_do() -> None:
    with pytest.raises(pytest.fail.Exception, match=rf"^new-rule is not in MEMBERS; add the id there, in {HERE}$"):
        held_to({"a-rule"}, {"a-rule", "new-rule"})
    with pytest.raises(pytest.fail.Exception, match=r"^a-rule is gone; if that is meant, take the id out of MEMBERS "):
        held_to({"a-rule", "b-rule"}, {"b-rule"})
