"""What a team may write, what is told of what it may not, and which level a rule has in the end."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.judge import published
from policies.judge.configuration import PackSettings, configuration, schemas
from policies.judge.configured import Configuration, Stated, as_published
from policies.judge.pack import Level
from policies.judge.profiles import profiles
from policies.judge.registry import PackError, rules
from policies.judge.strict import Unreadable

from ..pack_process import PACK

RULES = {rule.id: rule for rule in rules()}
PROFILES = profiles(PACK / "profiles", RULES)
CSP, HSTS, FIREWALL = "headers-csp-strong", "headers-hsts-preload-grade", "firewall-enabled"
WAIVER: dict[str, Any] = {
    "reason": "the old checkout needs it",
    "approver": "Ada Lovelace",
    "ticket": "SEC-12",
    "opened": "2026-10-01",
    "expires": "2026-12-01",
    "matches": [{"policies": [FIREWALL], "urns": ["*::vercel:index/firewallConfig:FirewallConfig::shop"]}],
}


KEYS = st.sampled_from([*PackSettings.model_json_schema()["properties"], *WAIVER, "vercel", "policies", "urns"])


def by_default() -> dict[str, Stated]:
    """What the engine sends when nothing is configured: the published level, and the schema's defaults."""
    return {rule: Stated(Level.MANDATORY, {"onUnknown": "defer"}, chosen=False) for rule in RULES}


def read(pack: dict[str, Any] | None = None, **others: Stated) -> Configuration:
    return configuration(
        by_default() | {"pack": Stated(Level.MANDATORY, pack or {}, chosen=False)} | others, RULES, PROFILES
    )


def refused(pack: dict[str, Any], **others: Stated) -> list[str]:
    with pytest.raises(Unreadable) as error:
        read(pack, **others)
    return list(error.value.problems)


def waiver(**changes: Any) -> dict[str, Any]:
    return {"waivers": [{key: value for key, value in (WAIVER | changes).items() if value is not None}]}


def test_without_a_profile_every_rule_is_mandatory() -> None:
    assert set(read().levels.values()) == {Level.MANDATORY}


def test_every_project_serves_production_until_some_are_named() -> None:
    assert read().production == ("*",)
    assert read({"projects": {}}).production == ("*",)
    assert read({"projects": {"production": ["shop-*"]}}).production == ("shop-*",)


@pytest.mark.parametrize(
    ("projects", "told"),
    [
        ({"prod": ["shop"]}, "pack.projects.prod: there is no such key; there is production"),
        ({"production": []}, "pack.projects.production: is empty"),
        ({"production": ["shop", " "]}, "pack.projects.production[1]: is blank"),
        ({"production": "shop"}, "pack.projects.production: should be a valid array"),
        ({"production": [3]}, "pack.projects.production[0]: should be a valid string"),
    ],
)
def test_projects_that_cannot_be_read_are_refused(projects: dict[str, Any], told: str) -> None:
    assert refused({"projects": projects}) == [told]


def test_a_profile_decides_where_nobody_chose_a_level() -> None:
    chosen = {HSTS: Stated(Level.DISABLED, {}, chosen=True), FIREWALL: Stated(Level.ADVISORY, {}, chosen=True)}
    levels = read({"profile": "baseline"}, **chosen).levels
    assert (levels[CSP], levels[HSTS], levels[FIREWALL]) == (Level.ADVISORY, Level.DISABLED, Level.ADVISORY)
    assert levels["env-secret-must-be-sensitive"] is Level.MANDATORY


def test_a_rule_can_be_kept_mandatory_under_a_profile() -> None:
    levels = read({"profile": "advisory", "mandatory": [CSP]}).levels
    assert levels[CSP] is Level.MANDATORY
    assert {level for rule, level in levels.items() if rule != CSP} == {Level.ADVISORY}


@pytest.mark.parametrize("level", [Level.ADVISORY, Level.DISABLED])
def test_what_is_to_stay_mandatory_cannot_be_set_to_less(level: Level) -> None:
    mandatory = {"profile": "advisory", "mandatory": [HSTS, CSP]}
    mend = f"remove it here, or set {CSP} itself to mandatory"
    own, lowered = Stated(level, {}, chosen=True), f"pack.mandatory[1]: {CSP} is {level.value} by the level of"
    assert refused(mandatory, **{CSP: own}) == [f"{lowered} {CSP}; {mend}"]
    assert refused(mandatory, **{CSP: own, "all": own}) == [f"{lowered} all; {mend}"]


@pytest.mark.parametrize("level", [Level.MANDATORY, Level.REMEDIATE])
def test_a_level_of_its_own_that_is_no_less_speaks_against_nothing(level: Level) -> None:
    stated = {CSP: Stated(level, {}, chosen=True), "all": Stated(Level.ADVISORY, {}, chosen=True)}
    assert read({"mandatory": [CSP]}, **stated).levels[CSP] is level


def test_asking_for_remediation_is_a_choice_that_no_profile_weakens() -> None:
    levels = read({"profile": "advisory"}, **{CSP: Stated(Level.MANDATORY, {}, chosen=True)}).levels
    assert levels[CSP] is Level.MANDATORY


def test_all_is_a_choice_for_every_rule() -> None:
    levels = read({"profile": "advisory"}, all=Stated(Level.MANDATORY, {}, chosen=False)).levels
    assert set(levels.values()) == {Level.MANDATORY}


def test_on_unknown_is_kept_by_rule() -> None:
    assert read({}, **{CSP: Stated(Level.MANDATORY, {"onUnknown": "fail"}, chosen=False)}).unknown_fails == {CSP}


def test_numbers_come_as_floats() -> None:
    assert read({"maxWaiverDays": 30.0}).max_waiver_days == 30


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        ({"profil": "org"}, "pack.profil: there is no such key; did you mean profile?"),
        ({"profile": "base"}, "pack.profile: there is no profile base; did you mean baseline?"),
        ({"mandatory": ["headers-csp"]}, "pack.mandatory[0]: no rule is called headers-csp; did you mean"),
        ({"plan": {"vercel": "free"}}, 'pack.plan.vercel: is "free", which it cannot be; there is enterprise, hobby,'),
        ({"plan": {"vercell": "pro"}}, "pack.plan.vercell: there is no such key; did you mean vercel?"),
        ({"maxWaiverDays": "90"}, "pack.maxWaiverDays: should be a valid integer"),
        ({"maxWaiverDays": 90.5}, "pack.maxWaiverDays: should be a valid integer"),
        ({"maxWaiverDays": True}, "pack.maxWaiverDays: should be a valid integer"),
        ({"maxWaiverDays": 0}, "pack.maxWaiverDays: should be greater than or equal to 1"),
        (waiver(approver=None), "pack.waivers[0].approver: is missing"),
        (waiver(ticket=None), "pack.waivers[0].ticket: is missing"),
        (waiver(reason=" "), "pack.waivers[0].reason: is blank"),
        (waiver(expire="2026-12-01"), "pack.waivers[0].expire: there is no such key; did you mean expires?"),
        (waiver(expires="soon"), "pack.waivers[0].expires: should be a valid date"),
        (waiver(expires=20261201.0), "pack.waivers[0].expires: should be a valid date"),
        (waiver(expires="2026-09-30"), "pack.waivers[0]: expires before it was opened"),
        (waiver(matches=[]), "pack.waivers[0].matches: is empty"),
        (waiver(matches=[{"policies": [FIREWALL], "urns": []}]), "pack.waivers[0].matches[0].urns: is empty"),
        (
            waiver(matches=[{"policies": ["firewal-enabled"], "urns": ["*::shop"]}]),
            "pack.waivers[0].matches[0].policies[0]: no rule is called firewal-enabled; did you mean firewall-enabled?",
        ),
        (waiver(matches=[{"policies": ["pack"], "urns": ["*::s"]}]), "no rule is called pack"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_path(pack: dict[str, Any], told: str) -> None:
    [problem] = refused(pack)
    assert told in problem


def test_every_problem_is_told_at_once() -> None:
    stated = {
        "firewall-enabld": Stated(Level.ADVISORY, {}, chosen=True),
        "all": Stated(Level.ADVISORY, {"onUnknown": "fail"}, chosen=True),
        CSP: Stated(Level.MANDATORY, {"onUnknown": "ignore"}, chosen=False),
    }
    assert refused({"profil": "org"}, **stated) == [
        "all.onUnknown: it takes a level only",
        "firewall-enabld: no rule is called that; did you mean firewall-enabled?",
        'headers-csp-strong.onUnknown: is "ignore", which it cannot be; there is defer, fail',
        "pack.profil: there is no such key; did you mean profile?",
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from([CSP, "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=4),
    max_leaves=12,
)

DEFAULTS = st.sampled_from(["defer", 90, 90.0, [], True, 1, "fail", "baseline"])
"""The published defaults, and what is nearly one of them."""


@settings(deadline=None, database=None, derandomize=True, max_examples=300)
@given(st.dictionaries(KEYS | st.text(), JSON, max_size=5), st.dictionaries(st.just("onUnknown") | st.text(), JSON))
def test_whatever_is_written_is_read_or_refused(pack: dict[str, Any], rule: dict[str, Any]) -> None:
    with suppress(Unreadable):  # any other exception is a crash
        assert isinstance(read(pack, **{CSP: Stated(Level.MANDATORY, rule, chosen=False)}), Configuration)


@settings(deadline=None, database=None, derandomize=True, max_examples=300)
@given(
    st.dictionaries(st.sampled_from([*published.defaults(published.PACK), "profile", "plan"]), JSON | DEFAULTS),
    st.dictionaries(st.sampled_from(["onUnknown", "level"]), JSON | DEFAULTS),
    st.sampled_from(Level),
    st.sampled_from([CSP, "pack", "all", "no-such-rule"]),
)
def test_what_is_not_checked_is_what_the_checks_would_make_of_it(
    pack: dict[str, Any], rule: dict[str, Any], level: Level, named: str
) -> None:
    stated = by_default() | {"pack": Stated(Level.MANDATORY, pack, chosen=False), CSP: Stated(level, rule, chosen=True)}
    stated |= {named: Stated(level, stated[named].properties if named in stated else {}, chosen=True)}
    unchecked = as_published(stated, RULES)
    assert unchecked is None or unchecked == configuration(stated, RULES, PROFILES)


def test_what_the_engine_sends_without_a_configuration_needs_no_check() -> None:
    sent = json.loads(json.dumps(published.defaults(published.PACK)), parse_int=float)
    stated = by_default() | {"pack": Stated(Level.MANDATORY, sent, chosen=False)}
    assert sent["maxWaiverDays"] == 90
    assert as_published(stated, RULES) == configuration(stated, RULES, PROFILES)


def test_the_schema_can_be_taken_apart_and_knows_no_null() -> None:
    for schema in (published.rule_schema(), published.pack_schema(PROFILES)):
        assert "$ref" not in str(schema)
        assert "null" not in str(schema)
        assert "None" not in str(schema)
    assert published.pack_schema(PROFILES)["properties"]["profile"]["enum"] == sorted(PROFILES)


def test_the_published_schemas_are_those_of_the_models() -> None:
    told = "write them anew with: python -m policies.authoring schema"
    assert json.loads(published.FILE.read_text("utf-8")) == schemas(), told


def test_the_profiles_are_there_and_say_why() -> None:
    assert set(PROFILES) == {"baseline", "ecommerce", "telehealth", "org", "advisory"}
    assert {PROFILES["advisory"].level(rule) for rule in RULES} == {Level.ADVISORY}
    for profile in PROFILES.values():
        assert len(profile.why) > 40
        assert profile.title


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "title: a\nwhy: b\notherwise: mandatory\nlevels: {firewal-enabled: advisory}\n",
            "did you mean firewall-enabled?",
        ),
        ("title: a\nwhy: b\notherwise: disabled\n", "otherwise"),
        ("title: a\nwhy: b\notherwise: mandatory\nlevel: {}\n", "did you mean levels?"),
        ("- a\n", "must be YAML with"),
        ("{", "cannot be read"),
        ("title: 2026-01-01\nwhy: b\notherwise: mandatory\n", "cannot be read"),
    ],
)
def test_a_profile_that_is_none_is_told_by_its_file(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "mine.yaml").write_text(content, "utf-8")
    with pytest.raises(PackError, match=r"profiles/mine\.yaml") as error:
        profiles(tmp_path, RULES)
    assert told in str(error.value)
