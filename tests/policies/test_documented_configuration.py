"""The examples of docs/configuration.md: what is configured can be read, and the pack says what stands below it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from policies.boundary.firewall_enabled import RULE
from policies.judge import message, pack_policy
from policies.judge.configuration import configuration
from policies.judge.configured import Configuration, Stated
from policies.judge.covered import Covered, Vague
from policies.judge.enforcement import Enforcement
from policies.judge.manifest import Manifest
from policies.judge.operation import Operation
from policies.judge.pack import Level, Pack
from policies.judge.production import EVERY
from policies.judge.profiles import profiles
from policies.judge.registry import rules
from policies.judge.resources import Stack, resource
from policies.judge.rule import NotApplicable
from policies.judge.strict import Unreadable
from policies.judge.waivers import Waived
from policies.monitoring.stack_log_drain_covers_production import RULE as STACK_RULE
from policies.subjects.tokens import PROJECT

from .pack_process import PACK, ROOT

DOCUMENT = (PACK.parent / "docs/configuration.md").read_text("utf-8")
RULES = {rule.id: rule for rule in rules()}
PROFILES = profiles(PACK / "profiles", RULES)
WRITTEN = date(2026, 11, 1)
BLOCKS = re.findall(r"```(json|text)\n(.*?)```", DOCUMENT, re.DOTALL)
EXAMPLES = [
    (json.loads(text), [said for kind, said in BLOCKS[at + 1 : at + 2] if kind == "text"])
    for at, (kind, text) in enumerate(BLOCKS)
    if kind == "json"
]


def read(stated: dict[str, Any]) -> Configuration:
    """What the engine makes of a file: the levels it leaves out are the published ones."""
    policies = {}
    for name, each in stated.items():
        properties = {"enforcementLevel": each} if isinstance(each, str) else dict(each)
        level = Level(properties.pop("enforcementLevel", "mandatory"))
        policies[name] = Stated(level, properties, chosen=level is not Level.MANDATORY)
    return configuration(policies, RULES, PROFILES)


def said(stated: dict[str, Any]) -> str:
    try:
        configured = read(stated)
    except Unreadable as error:
        return str(error)
    by = Enforcement(configured, RULES, WRITTEN)
    if configured.production != EVERY:
        return said_of_projects(by)
    if not configured.waivers:
        return ""
    [match] = configured.waivers[0].matches
    urn = match.urns[0].replace("*", "gateway")
    shop = replace(RULE.failing.resources[0], urn=urn, name=urn.rpartition("::")[2])
    [verdict] = by.settle(Pack([RULE]).judge(shop), Operation.PREVIEW)
    waived = [message.waived(RULE, each) for each in verdict.findings if isinstance(each, Waived)]
    return "\n".join(waived + remarks(by, Stack([ROOT, shop])))


def said_of_projects(by: Enforcement) -> str:
    projects = [resource(PROJECT, name, {"name": name}) for name in ("shop", "shop-preview")]
    stack = Stack([ROOT, *projects], by.production)
    [verdict] = by.settle(Pack([STACK_RULE]).judge_stack(stack), Operation.PREVIEW)
    left_out = [message.not_applicable(each) for each in verdict.findings if isinstance(each, NotApplicable)]
    return "\n".join(left_out + remarks(by, stack))


def remarks(by: Enforcement, stack: Stack) -> list[str]:
    manifest = Manifest.read(PACK)
    return [pack_policy.diagnostic(each, manifest, ROOT.urn).message for each in by.remarks(stack)]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 7
    assert sum(bool(text) for _, text in EXAMPLES) == 4


def test_it_says_which_urns_are_faults() -> None:
    rows = re.findall(r"^\| (`[^|]*:[^|]*`) \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)
    told = {urn: "a fault" not in covers for urns, covers in rows for urn in re.findall("`([^`]+)`", urns)}
    assert sorted(told.values()) == [False, False, False, True, True, True]
    assert {urn: is_clear(urn) for urn in told} == told


def is_clear(urn: str) -> bool:
    try:
        Covered(urn)
    except Vague:
        return False
    return True


@pytest.mark.parametrize(("stated", "below"), EXAMPLES)
def test_the_pack_says_what_the_document_says(stated: dict[str, Any], below: list[str]) -> None:
    told = said(stated)
    assert all(told.startswith(text.rstrip("\n")) for text in below)
    assert below or told == ""


def test_the_table_of_profiles_is_that_of_the_files() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)
    told = {name: set(advisory.split(", ")) for name, advisory in rows if name in PROFILES}
    found = {
        name: {rule for rule in RULES if profile.level(rule) is Level.ADVISORY} for name, profile in PROFILES.items()
    }
    named = {"none": set(), "all rules": set(RULES)}
    assert {name: named.get(next(iter(each)), each) for name, each in told.items()} == found


def test_it_names_the_rules_that_can_never_be_waived_and_no_others() -> None:
    [told] = re.findall(r"it names a rule that can never be waived: ([^.]+)\.", DOCUMENT)
    assert set(re.findall(r"`([^`]+)`", told)) == {rule.id for rule in RULES.values() if not rule.waivable}
