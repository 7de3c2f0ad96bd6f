"""What a stack rule looks at grows with the stack, also where nothing tells which project a resource belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from policies.boundary.stack_firewall_per_exposed_project import RULE
from policies.judge.registry import rules
from policies.judge.resources import Handles, Resource, Stack, resource
from policies.judge.rule import Example, Findings, StackRule, Violation
from policies.judge.values import UNKNOWN, Malformed, Raw, Undetermined, Value
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
TEAM_MEMBER = "vercel:index/teamMember:TeamMember"
_IDENTITY = re.compile(r"(?:^|[a-z])(?:[iI]ds?|[nN]ames?|slug|domain|repository)$")


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


def of_examples(rule: StackRule, shop: int) -> Iterator[Resource]:
    """What the rule's examples have beside that, once more for a shop.

    Ids and names become unknown: as they are they would be the same in every shop, so that all belonged to all.
    """
    common = {each.type for each in undecided(1)}
    for which, example in enumerate((rule.failing, rule.passing)):
        own = {each.urn: f"{each.urn}-{which}-{shop}" for each in example.resources}
        for each in example.resources:
            if each.type in common:
                continue
            stated = each.declared.raw()
            properties: dict[str, Raw] = {key: UNKNOWN if _IDENTITY.search(key) else stated[key] for key in stated}
            links = {key: tuple(own.get(urn, urn) for urn in urns) for key, urns in each.dependencies.items()}
            yield resource(each.type, f"{each.name}-{shop}", properties, urn=own[each.urn], dependencies=links)


class Watched(Stack):
    """A stack that counts the resources it hands out: a rule may judge by nothing but whether there are any."""

    handed_out = 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name == "resources":
            self.handed_out += len(found)
        return found

    def of(self, *types: str) -> list[Resource]:
        return self._counted(super().of(*types))

    def sharing(self, handles: Handles, wanted: Collection[str], *types: str, undecided: bool = True) -> list[Resource]:
        return self._counted(super().sharing(handles, wanted, *types, undecided=undecided))

    def targets(self, source: Resource, key: str, type: str, *, by: str = "id") -> list[Resource]:  # noqa: A002
        return self._counted(super().targets(source, key, type, by=by))

    def _counted(self, found: list[Resource]) -> list[Resource]:
        self.handed_out += len(found)
        return found


@dataclass(frozen=True)
class Effort:
    """What a rule does while it judges a stack.

    Attributes:
        looks: how often it looks at a property, or into one.
        resources: how many resources the stack hands out to it, the same one as often as it does.
    """

    looks: int
    resources: int


def effort(rule: StackRule, shops: int, monkeypatch: pytest.MonkeyPatch) -> Effort:
    stack = Watched([*undecided(shops), *(each for shop in range(shops) for each in of_examples(rule, shop))])
    looks, before, look = 0, stack.handed_out, Value.__getitem__

    def counting(value: Value, step: str | int) -> Value:
        nonlocal looks
        looks += 1
        return look(value, step)

    with monkeypatch.context() as patched:
        patched.setattr(Value, "__getitem__", counting)
        with suppress(Undetermined, Malformed):  # as far as the rule comes; a crash of its own is shown with its lines
            for _ in rule.check(stack):
                pass
    return Effort(looks, stack.handed_out - before)


def grows_with_the_stack(rule: StackRule, monkeypatch: pytest.MonkeyPatch) -> None:
    ten, twenty, forty = (effort(rule, shops, monkeypatch) for shops in (10, 20, 40))
    told = (
        f"{rule.id} looks at {ten.looks} properties in a stack of 10 shops, {twenty.looks} at 20, {forty.looks} at 40"
    )
    if forty.looks + forty.resources < 40:
        pytest.fail(
            f"{told}: not at each shop, so this shows nothing. Either the check ends at the first value that it cannot "
            "read (let each() or independently() call what reads one), or no shop has what it asks for (give its "
            "examples the resources)",
            pytrace=False,
        )
    if forty.looks - twenty.looks > 2 * (twenty.looks - ten.looks):
        pytest.fail(
            f"{told}: that grows faster than the stack. Where it goes through all resources for each of them, let it "
            "ask for those that belong together, with stack.sharing(...) or stack.targets(...), and ask only once for "
            "those that do not tell what they belong to",
            pytrace=False,
        )


@pytest.mark.parametrize("rule", STACK_RULES, ids=lambda rule: rule.id)
def test_twice_the_stack_takes_twice_the_looks(rule: StackRule, monkeypatch: pytest.MonkeyPatch) -> None:
    grows_with_the_stack(rule, monkeypatch)


# --- rules that somebody may write


def written(check: Callable[[Stack], Findings], token: str = PROJECT) -> StackRule:
    example = Example("a resource", resource(token, "one", {"id": "one", "projectId": "prj_shop", "name": "one"}))
    return replace(RULE, id="stack-of-a-trial", check=check, failing=example, passing=example)


def one_property_of_each_project(stack: Stack) -> Findings:
    for project in stack.of(PROJECT):
        if project["directoryListing"].flag(default=False):
            yield Violation("directoryListing", "is true", on=project)


def a_type_that_no_other_rule_asks_for(stack: Stack) -> Findings:
    for member in stack.of(TEAM_MEMBER):
        if member["role"].text("") == "OWNER":
            yield Violation("role", "is OWNER", on=member)


def whether_there_is_one(stack: Stack) -> Findings:
    if not stack.of(TEAM_MEMBER):
        yield Violation("", "has no member")


def through_all_resources(stack: Stack) -> Findings:
    for each in stack.resources:
        if each.type == TEAM_MEMBER:
            yield Violation("", "is a member", on=each)


def what_shares_an_id(stack: Stack) -> Findings:
    for member in stack.of(TEAM_MEMBER):
        yield from (Violation("projectId", "is it", on=each) for each in stack.targets(member, "projectId", PROJECT))


@pytest.mark.parametrize(
    "check",
    [
        one_property_of_each_project,
        a_type_that_no_other_rule_asks_for,
        whether_there_is_one,
        through_all_resources,
        what_shares_an_id,
    ],
)
def test_a_rule_that_grows_with_the_stack_passes(
    check: Callable[[Stack], Findings], monkeypatch: pytest.MonkeyPatch
) -> None:
    grows_with_the_stack(written(check, TEAM_MEMBER), monkeypatch)


def nothing_at_all(stack: Stack) -> Findings:
    return ()


def what_its_examples_lack(stack: Stack) -> Findings:
    return [Violation("role", "is OWNER", on=each) for each in stack.of(TEAM_MEMBER)]


@pytest.mark.parametrize("check", [nothing_at_all, what_its_examples_lack])
def test_a_rule_that_looks_at_nothing_is_told_how_to_go_on(
    check: Callable[[Stack], Findings], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"looks at 0 properties .*shows nothing.*give its examples the"):
        grows_with_the_stack(written(check), monkeypatch)


def each_project_with_each_domain(stack: Stack) -> Findings:
    domains = stack.of(PROJECT_DOMAIN)
    for project in stack.of(PROJECT):
        if not any(domain["domain"].text() == project.name for domain in domains):
            yield Violation("", "has no domain", on=project)


def each_member_with_each_member(stack: Stack) -> Findings:
    for member in stack.of(TEAM_MEMBER):
        if [each for each in stack.of(TEAM_MEMBER) if each["email"].text("") == member["email"].text("")][1:]:
            yield Violation("email", "is there twice", on=member)


@pytest.mark.parametrize("check", [each_project_with_each_domain, each_member_with_each_member])
def test_a_rule_that_grows_with_the_square_is_told_how_to_go_on(
    check: Callable[[Stack], Findings], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"grows faster than the stack.*stack\.sharing\("):
        grows_with_the_stack(written(check, TEAM_MEMBER), monkeypatch)


def test_a_crash_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashing(stack: Stack) -> Findings:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        grows_with_the_stack(written(crashing), monkeypatch)
