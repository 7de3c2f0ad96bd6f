"""What a stack rule looks at grows with the stack, also where nothing tells which project a resource belongs to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policies.judge.registry import rules
from policies.judge.resources import Resource, Stack, resource
from policies.judge.rule import StackRule
from policies.judge.values import UNKNOWN, Raw, Value
from policies.judge.verdict import judge_stack
from policies.subjects.log_drains import SOURCES
from policies.subjects.tokens import (
    BRANCH_PROTECTION,
    FIREWALL_CONFIG,
    LOG_DRAIN,
    PROJECT,
    PROJECT_DOMAIN,
    PROJECT_ROUTE,
    REPOSITORY_FILE,
    REPOSITORY_RULESET,
)

STACK_RULES = [rule for rule in rules() if isinstance(rule, StackRule)]


def undecided(shops: int) -> Iterator[Resource]:
    """Shops of which no reference is known, as a stack looks whose engine sends no property dependencies."""
    for number in range(shops):
        repository: Raw = {"type": "github", "repo": f"acme/shop-{number}", "productionBranch": "main"}
        yield resource(PROJECT, f"shop-{number}", {"id": UNKNOWN, "gitRepository": repository})
        name = f"of-shop-{number}"
        yield resource(PROJECT_DOMAIN, name, {"projectId": UNKNOWN, "domain": f"{number}.example.com"})
        yield resource(FIREWALL_CONFIG, name, {"projectId": UNKNOWN, "enabled": True})
        yield resource(
            PROJECT_ROUTE,
            name,
            {"projectId": UNKNOWN, "srcSyntax": "regex", "route": {"src": "^/.*$", "transforms": []}},
        )
        yield resource(
            REPOSITORY_FILE, name, {"repository": UNKNOWN, "file": "vercel.json", "content": '{"headers": []}'}
        )
        yield resource(BRANCH_PROTECTION, name, {"repositoryId": UNKNOWN, "pattern": "main", "enforceAdmins": True})
        yield resource(
            REPOSITORY_RULESET,
            name,
            {
                "repository": UNKNOWN,
                "target": "branch",
                "enforcement": "active",
                "conditions": {"refName": {"includes": ["~ALL"], "excludes": []}},
            },
        )
        yield resource(
            LOG_DRAIN,
            name,
            {
                "projectIds": [UNKNOWN],
                "sources": list(SOURCES),
                "environments": ["production"],
                "deliveryFormat": "json",
            },
        )


def looks(rule: StackRule, shops: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the rule looks at a property, or into one, while it judges so many shops."""
    stack, counted, look = Stack(undecided(shops)), 0, Value.__getitem__

    def counting(value: Value, step: str | int) -> Value:
        nonlocal counted
        counted += 1
        return look(value, step)

    with monkeypatch.context() as patched:
        patched.setattr(Value, "__getitem__", counting)
        judge_stack(rule, stack)
    return counted


@pytest.mark.parametrize("rule", STACK_RULES, ids=lambda rule: rule.id)
def test_twice_the_stack_takes_twice_the_looks(rule: StackRule, monkeypatch: pytest.MonkeyPatch) -> None:
    ten, twenty, forty = (looks(rule, shops, monkeypatch) for shops in (10, 20, 40))
    assert ten > 10, "the rule looked at nothing, so this shows nothing"
    assert forty - twenty <= 2 * (twenty - ten)
