"""Waivers: what they cover, what is wrong with them, and when they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.boundary.firewall_enabled import RULE
from policies.judge.configuration import PackSettings
from policies.judge.configured import Configuration
from policies.judge.covered import Covered, Vague
from policies.judge.enforcement import Enforcement
from policies.judge.operation import Operation
from policies.judge.pack import Level, Pack
from policies.judge.registry import rules
from policies.judge.resources import Resource, Stack, resource
from policies.judge.rule import Redacted, Undecided
from policies.judge.strict import read
from policies.judge.verdict import Outcome, Verdict
from policies.judge.waivers import Waived, utc_today

from ..pack_process import ROOT, PackProcess
from .test_configuration import RULES, WAIVER

SHOP = RULE.failing.resources[0]
WALL, PROJECT = "vercel:index/firewallConfig:FirewallConfig", "vercel:index/project:Project"
DURING = date(2026, 11, 1)
PUBLIC = "env-no-secret-in-public-prefix"
UNWAIVABLE = {"env-no-secret-in-public-prefix", "env-no-plaintext-credential"}


def matches(*policies: str, urn: str = SHOP.urn) -> list[dict[str, Any]]:
    return [{"policies": list(policies or (RULE.id,)), "urns": [urn]}]


def enforcement(*waivers: dict[str, Any], today: date = DURING, level: Level = Level.MANDATORY) -> Enforcement:
    stated = [{**WAIVER, "matches": matches(), **each} for each in waivers]
    pack = read(PackSettings, {"waivers": stated}, "pack")
    return Enforcement(
        Configuration(waivers=pack.waivers, max_waiver_days=pack.max_waiver_days, pack_level=level), RULES, today
    )


def verdict(by: Enforcement, subject: Resource = SHOP) -> Verdict:
    [settled] = by.settle(Pack([RULE]).judge(subject), Operation.PREVIEW)
    return settled


def remarks(by: Enforcement) -> list[tuple[str, Level]]:
    stack = Stack([ROOT, SHOP])
    return [(f"{each.finding.path} {each.finding.what}", each.level) for each in by.remarks(stack)]


def test_a_violation_is_waived_where_rule_and_urn_match() -> None:
    by = enforcement({})
    waived = verdict(by)
    assert waived.outcome is Outcome.WAIVED
    [finding] = waived.findings
    assert isinstance(finding, Waived)
    assert finding.by.ticket == "SEC-12"
    assert remarks(by) == []


@pytest.mark.parametrize(
    "urn",
    [
        f"urn:pulumi:other::project::{WALL}::shop",
        f"urn:pulumi:stack::*${WALL}::shop",
        f"*::{WALL}::shop2",
        f"*::{WALL}::sho",
        f"*::{WALL}::[s]hop",
        f"*::{WALL}::sho?",
        f"*::{PROJECT}::shop",
        "*l:index/firewallConfig:FirewallConfig::shop",
    ],
)
def test_another_urn_is_not_waived(urn: str) -> None:
    assert verdict(enforcement({"matches": matches(urn=urn)})).outcome is Outcome.FAIL


def test_another_rule_is_not_waived() -> None:
    assert verdict(enforcement({"matches": matches("headers-csp-strong")})).outcome is Outcome.FAIL


def test_a_star_stands_for_any_text_and_nothing_else_is_special() -> None:
    odd = replace(SHOP, urn=SHOP.urn + "[0]?\n$", name="shop[0]?\n$")
    for name in ("shop[0]?\n$", "shop[0]*", "shop*$"):
        assert verdict(enforcement({"matches": matches(urn=f"*::{WALL}::{name}")}), odd).outcome is Outcome.WAIVED


@pytest.mark.parametrize(("today", "outcome"), [(date(2026, 12, 1), Outcome.WAIVED), (date(2026, 12, 2), Outcome.FAIL)])
def test_it_holds_on_its_last_day_and_not_after(today: date, outcome: Outcome) -> None:
    assert verdict(enforcement({}, today=today)).outcome is outcome


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"expires": "2026-10-31"}, "pack.waivers[0].expires was 2026-10-31, so the waiver SEC-12 waives nothing any"),
        ({"opened": "2026-11-02"}, "pack.waivers[0].opened is 2026-11-02, a day to come"),
        ({"expires": "2026-12-31"}, "pack.waivers[0].expires is 91 days after it was opened and maxWaiverDays is 90"),
        ({"matches": matches(urn="*")}, "pack.waivers[0].matches[0].urns[0] does not say by type and name which"),
        (
            {"matches": matches(urn=f"*{WALL}::s*")},
            "pack.waivers[0].matches[0].urns[0] has a * within the first 3 characters of the name, so the",
        ),
        (
            {"matches": matches(*sorted(RULES.keys() - UNWAIVABLE))},
            "pack.waivers[0].matches names 17 rules and a waiver may name 5, so the waiver SEC-12 waives nothing",
        ),
        ({"matches": matches("*")}, "pack.waivers[0].matches[0].policies[0] covers every rule"),
        (
            {"matches": matches(RULE.id, PUBLIC)},
            f"pack.waivers[0].matches[0].policies[1] is {PUBLIC}, which cannot be waived",
        ),
    ],
)
@pytest.mark.parametrize("level", [Level.MANDATORY, Level.ADVISORY])
def test_a_waiver_with_a_fault_waives_nothing_and_is_told(change: dict[str, Any], told: str, level: Level) -> None:
    by = enforcement(change, level=level)
    assert verdict(by).outcome is Outcome.FAIL
    [(message, at)] = remarks(by)
    assert message.startswith(told)
    assert at is level


def test_ninety_days_are_not_too_long() -> None:
    assert verdict(enforcement({"expires": "2026-12-30"})).outcome is Outcome.WAIVED


def test_a_fault_of_one_waiver_is_none_of_the_next() -> None:
    assert verdict(enforcement({"expires": "2026-10-31"}, {"ticket": "SEC-13"})).outcome is Outcome.WAIVED


def test_there_is_nothing_to_remediate_in_a_waiver_so_its_fault_is_a_violation() -> None:
    [(_, level)] = remarks(enforcement({"expires": "2026-10-31"}, level=Level.REMEDIATE))
    assert level is Level.MANDATORY


def test_switching_the_policy_pack_off_is_told_and_silences_no_fault() -> None:
    told = remarks(enforcement({"expires": "2026-10-31"}, level=Level.DISABLED))
    assert len(told) == 2
    assert "is switched off by the policy configuration" in told[0][0]
    assert {level for _, level in told} == {Level.ADVISORY}
    off, _ = enforcement({"expires": "2026-10-31"}, level=Level.DISABLED).remarks(Stack([]))
    assert off.finding.mend == "set its level, or that of `all`, to mandatory"


def test_a_waiver_that_waives_nothing_is_an_advisory() -> None:
    by = enforcement({})
    [(message, level)] = remarks(by)
    assert message == "pack.waivers[0].matches[0] waives nothing in this stack (SEC-12)"
    assert level is Level.ADVISORY


@pytest.mark.parametrize(
    ("urn", "told"),
    [
        (f"urn:pulumi:other::project::{WALL}::shop", False),
        (f"urn:pulumi:stack2::project::*{WALL}::shop", False),
        (f"urn:pulumi:stack::project::{WALL}::shop", True),
        (f"urn:pulumi:*::project::{WALL}::shop", True),
        (f"*::{WALL}::shop", True),
        (f"stack::*{WALL}::shop", True),
    ],
)
def test_a_waiver_for_another_stack_is_not_told_unused_in_this_one(urn: str, told: bool) -> None:
    assert bool(remarks(enforcement({"matches": matches(urn=urn)}))) is told


def test_a_waiver_that_an_unknown_value_may_need_yet_is_not_unused() -> None:
    by = enforcement({})
    deferred = Verdict(RULE, SHOP, Outcome.UNKNOWN, (Undecided("enabled"),))
    assert by.settle([deferred], Operation.PREVIEW) == [deferred]
    assert remarks(by) == []


def test_what_is_still_unknown_at_update_is_a_violation_that_can_be_waived() -> None:
    deferred = Verdict(RULE, SHOP, Outcome.UNKNOWN, (Undecided("enabled"),))
    [failed] = enforcement().settle([deferred], Operation.UPDATE)
    assert failed.outcome is Outcome.FAIL
    [waived] = enforcement({}).settle([deferred], Operation.UPDATE)
    assert waived.outcome is Outcome.WAIVED


@pytest.mark.parametrize("unknown_fails", [frozenset[str](), frozenset({RULE.id})])
def test_what_stored_state_does_not_show_is_redacted_and_may_need_a_waiver_yet(unknown_fails: frozenset[str]) -> None:
    by = enforcement({})
    deferred = Verdict(RULE, SHOP, Outcome.UNKNOWN, (Undecided("enabled"),))
    [redacted] = by.settle([deferred], Operation.STORED_STATE)
    assert (redacted.outcome, redacted.findings) == (Outcome.REDACTED, (Redacted("enabled"),))
    assert remarks(by) == []


def test_on_unknown_fail_makes_it_a_violation_at_the_preview() -> None:
    by = Enforcement(Configuration(unknown_fails=frozenset({RULE.id})), RULES, DURING)
    [failed] = by.settle([Verdict(RULE, SHOP, Outcome.UNKNOWN, (Undecided("enabled"),))], Operation.PREVIEW)
    assert failed.outcome is Outcome.FAIL


def named(name: str, type: str = WALL, parents: str = "") -> Resource:  # noqa: A002 - the engine's word
    return resource(type, name, {}, urn=f"urn:pulumi:prod::shop::{parents}{type}::{name}")


@pytest.mark.parametrize(
    "urn",
    [
        "*",
        "**",
        "*e*",
        "*s*",
        "*vercel*",
        "*FirewallConfig*",
        "*FirewallConfig::web-firewall",
        "*::web-firewall",
        "*::vercel:*::*",
        "*::vercel:*::web-firewall",
        "*:index/firewallConfig:FirewallConfig::web-firewall",
        f"*::{WALL}",
        f"*::{WALL}*",
        f"*::{WALL}::",
        f"*::{WALL}::*",
        f"*::{WALL}::**",
        f"*::{WALL}::*firewall",
        f"*::{WALL}::we*",
        f"*::{WALL}::*::{PROJECT}::web",
        "urn:*",
        "urn:pulumi:prod::*",
        "urn:pulumi:prod::shop::*",
        "urn:pulumi:*::*::*:*/*:*::*",
        f"urn:pulumi:prod::shop::{WALL}::*",
        f"urn:pulumi:prod::{WALL}::web-firewall",
        f"prod::shop::{WALL}::web-firewall",
        f"{WALL}::web-firewall",
        "web-firewall",
    ],
)
def test_a_urn_that_does_not_say_which_resources_it_means_is_refused(urn: str) -> None:
    with pytest.raises(Vague):
        Covered(urn)


@pytest.mark.parametrize(
    "urn",
    [
        f"urn:pulumi:prod::shop::{WALL}::web-firewall",
        f"urn:pulumi:prod::shop::{WALL}::web-*",
        f"urn:pulumi:*::shop::{WALL}::web*wall",
        f"urn:pulumi:prod::*{WALL}::web-firewall",
        f"*::{WALL}::web-firewall",
        f"**::{WALL}::web-firewall",
        f"*{WALL}::web*",
    ],
)
def test_type_and_name_say_which_resources_are_meant(urn: str) -> None:
    assert named("web-firewall") in Covered(urn)
    assert named("api-firewall") not in Covered(urn)
    assert named("web-firewall", PROJECT) not in Covered(urn)


@pytest.mark.parametrize(
    ("before", "alone", "in_component"),
    [
        ("urn:pulumi:prod::shop::", True, False),
        ("urn:pulumi:prod::shop::soc2:index:WebProject$", False, True),
        ("urn:pulumi:prod::shop::*$", False, True),
        ("urn:pulumi:prod::shop::*", True, True),
        ("*$", False, True),
        ("*::", True, False),
        ("*", True, True),
    ],
)
def test_a_resource_of_a_component_has_its_parents_before_its_type(
    before: str, alone: bool, in_component: bool
) -> None:
    covered = Covered(f"{before}{WALL}::web-firewall")
    assert (named("web-firewall") in covered) is alone
    assert (named("web-firewall", parents="soc2:index:WebProject$") in covered) is in_component


def test_the_type_as_messages_shorten_it_is_refused_with_the_whole_one() -> None:
    with pytest.raises(Vague) as vague:
        Covered("*vercel:index:FirewallConfig::web-firewall")
    assert vague.value.mend == f"write {WALL}"


def test_a_name_that_nearly_matches_many_stars_is_told_from_one_that_does() -> None:
    covered = Covered(f"*{WALL}::web" + "*a*b" * 8 + "*c")
    assert named("web" + "ab" * 8000) not in covered  # going back would take longer than anybody waits
    assert named("web" + "ab" * 8000 + "c") in covered


def test_a_short_name_that_is_written_out_is_a_name() -> None:
    assert named("fw") in Covered(f"*::{WALL}::fw")


def test_a_name_may_hold_what_separates_the_parts_of_a_urn() -> None:
    assert named("a::b") in Covered(f"urn:pulumi:prod::shop::{WALL}::a::b")
    assert named("b") not in Covered(f"urn:pulumi:prod::shop::{WALL}::a::b")


@pytest.mark.parametrize("name", ["web-firewall", "web-*"])
def test_a_name_that_ends_as_another_urn_does_is_not_taken_for_it(name: str) -> None:
    assert named(f"x::{WALL}::web-firewall", PROJECT) not in Covered(f"*::{WALL}::{name}")
    assert named(f"x::{WALL}::web-firewall") not in Covered(f"*::{WALL}::{name}")


PIECES = st.sampled_from(
    ["*", "::", ":", "$", "urn:pulumi:", "prod", "shop", WALL, PROJECT, "vercel", "web", "e", "\n"]
)


@settings(deadline=None, database=None, derandomize=True, max_examples=1000)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_urn_covers_resources_that_share_no_type_or_no_beginning_of_a_name(urn: str) -> None:
    try:
        covered = Covered(urn)
    except Vague:
        return
    for one, other in (("web-firewall", "api-firewall"), ("shop", "web")):
        assert named(one) not in covered or named(other) not in covered
    assert named("web") not in covered or named("web", PROJECT) not in covered


def test_a_waiver_may_name_five_rules_in_all_its_matches() -> None:
    others = sorted(RULES.keys() - UNWAIVABLE - {RULE.id})
    assert verdict(enforcement({"matches": matches() + matches(*others[:4]) + matches()})).outcome is Outcome.WAIVED
    assert verdict(enforcement({"matches": matches() + matches(*others[:5])})).outcome is Outcome.FAIL


def test_the_rules_that_can_never_be_waived() -> None:
    assert {rule.id for rule in rules() if not rule.waivable} == UNWAIVABLE


def waiver_of_today(**changes: Any) -> dict[str, Any]:
    today = utc_today()
    dates = {"opened": f"{today - timedelta(3)}", "expires": f"{today + timedelta(3)}"}
    return {"pack": {"waivers": [{**WAIVER, "matches": matches(), **dates, **changes}]}}


def test_over_the_port_a_waived_violation_is_an_advisory_that_says_who_and_until_when() -> None:
    pack = PackProcess(config=waiver_of_today(approver="Ada \x1b[2J"))
    try:
        answer = pack.judge(SHOP).of(RULE.id)
        assert answer.verdict == "waived"
        [diagnostic] = answer.diagnostics
        first, reason, mend, page = diagnostic.message.split("\n")
        until = utc_today() + timedelta(3)
        assert first.startswith(f"CC6.6: waived until {until} by Ada \\x1b[2J (SEC-12): enabled ")
        assert reason == "reason: the old checkout needs it"
        assert mend.startswith("mend: ")
        assert page == f"see: docs/rules/{RULE.id}.md"
        assert pack.judge_stack(SHOP).of("pack").diagnostics == ()
    finally:
        pack.stop()


def test_over_the_port_a_fault_is_a_violation_of_the_policy_pack_on_the_stack() -> None:
    pack = PackProcess(config=waiver_of_today(expires=f"{utc_today() - timedelta(1)}"))
    try:
        assert pack.judge(SHOP).of(RULE.id).verdict == "fail"
        answer = pack.judge_stack(SHOP).of("pack")
        assert answer.verdict == "fail"
        [diagnostic] = answer.diagnostics
        assert diagnostic.urn == ROOT.urn
        assert diagnostic.message.startswith("CC8.1: pack.waivers[0].expires was ")
        assert diagnostic.message.endswith("\nsee: docs/configuration.md")
    finally:
        pack.stop()
