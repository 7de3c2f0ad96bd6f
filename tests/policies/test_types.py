"""Every type that a rule speaks of is one that a provider has; of any other no resource would ever come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from types import ModuleType

import pulumi_github
import pulumiverse_vercel
import pytest

from policies.authoring import reads
from policies.boundary.firewall_enabled import RULE
from policies.boundary.stack_firewall_per_exposed_project import RULE as STACK_RULE
from policies.judge.registry import rules
from policies.judge.resources import Stack, resource
from policies.judge.rule import Example, Findings, ResourceRule, Rule
from policies.subjects import tokens
from policies.subjects.tokens import FIREWALL_CONFIG, PROJECT


def tokens_of(sdk: ModuleType) -> set[str]:
    """The type tokens of the resources that an SDK declares."""
    return {each.pulumi_type for each in vars(sdk).values() if isinstance(getattr(each, "pulumi_type", None), str)}


KNOWN = tokens_of(pulumi_github) | tokens_of(pulumiverse_vercel)


def none_is_foreign(where: str, found: Iterable[str]) -> None:
    for token in found:
        near = "".join(f"; did you mean {each}?" for each in get_close_matches(token, KNOWN, n=1))
        assert token in KNOWN, f"{where}: no provider has the type {token}, so none of it would ever be judged{near}"


def spoken_of(rule: Rule) -> list[str]:
    stated = [each.type for example in (rule.failing, rule.passing) for each in example.resources]
    return sorted({*reads.types(rule), *stated})


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_provider_has_every_type_that_a_rule_and_its_examples_speak_of(rule: Rule) -> None:
    assert reads.types(rule), f"{rule.id} asks the stack for no type in its examples"
    none_is_foreign(rule.id, spoken_of(rule))


def test_a_provider_has_every_type_that_rules_can_name() -> None:
    none_is_foreign(
        "policies/subjects/tokens.py", [each for each in vars(tokens).values() if str(each).count(":") == 2]
    )


def test_the_providers_types_are_found() -> None:
    assert {PROJECT, FIREWALL_CONFIG, tokens.REPOSITORY, tokens.BRANCH_PROTECTION} <= KNOWN


def misspelt_resource_rule() -> Rule:
    token = "vercel:index/projekt:Projekt"
    example = Example("a shop", resource(token, "shop", {}))
    assert isinstance(RULE, ResourceRule)
    return replace(RULE, types=(token,), failing=example, passing=example)


def misspelt_stack_rule() -> Rule:
    def check(stack: Stack) -> Findings:
        stack.of("vercel:index/projekt:Projekt")
        return ()

    return replace(STACK_RULE, check=check)


@pytest.mark.parametrize("rule", [misspelt_resource_rule(), misspelt_stack_rule()], ids=["resource", "stack"])
def test_a_misspelt_type_is_told_with_the_one_that_was_meant(rule: Rule) -> None:
    with pytest.raises(AssertionError, match=r"type vercel:index/projekt:Projekt.*did you mean vercel:index/project:"):
        none_is_foreign(rule.id, spoken_of(rule))
