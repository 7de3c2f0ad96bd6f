from __future__ import annotations

import pytest

from policies.authoring.harness import changed
from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import FIREWALL_CONFIG

from ..pack_process import PackProcess

RULE = "firewall-owasp-deny"
RULESETS = ("sqli", "xss", "rce", "lfi", "rfi", "sd", "ma", "gen")
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"


def firewall(managed: Raw) -> Resource:
    return resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, "managedRulesets": managed})


def owasp(**instead: Raw) -> Resource:
    """All rulesets on deny, but for those given; None leaves one out."""
    rulesets: dict[str, Raw] = {name: {"active": True, "action": "deny"} for name in RULESETS}
    return firewall({"owasp": {name: value for name, value in {**rulesets, **instead}.items() if value is not None}})


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (owasp(), "pass"),
        (owasp(sqli={"action": "deny"}), "pass"),
        (owasp(sqli=Secret({"action": "deny"})), "pass"),
        (owasp(php={"active": False, "action": "log"}), "pass"),
        (owasp(sqli=None), "fail"),
        (owasp(sqli={"active": False, "action": "deny"}), "fail"),
        (owasp(sqli={"active": True, "action": "log"}), "fail"),
        (owasp(sqli={"active": True, "action": "bypass"}), "fail"),
        (owasp(sqli={"active": True, "action": Secret(CANARY)}), "fail"),
        (owasp(sqli={"active": True}), "fail"),
        (owasp(sqli={"active": "yes", "action": "deny"}), "fail"),
        (owasp(sqli="deny"), "fail"),
        (owasp(sqli=UNKNOWN), "unknown"),
        (owasp(sqli={"active": UNKNOWN, "action": "deny"}), "unknown"),
        (owasp(sqli={"active": True, "action": UNKNOWN}), "unknown"),
        (owasp(sqli={"active": False, "action": UNKNOWN}), "fail"),
        (owasp(sqli=UNKNOWN, xss={"active": True, "action": "log"}), "fail"),
        (firewall({"owasp": UNKNOWN}), "unknown"),
        (firewall(UNKNOWN), "unknown"),
        (firewall({"owasp": ["sqli"]}), "fail"),
        (firewall({"botProtection": {"active": True, "action": "log"}}), "fail"),
        (firewall(None), "fail"),
    ],
)
def test_rulesets(preview: PackProcess, subject: Resource, verdict: str) -> None:
    answer = preview.judge(subject).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text


def bypassing(*conditions: Raw, **instead: Raw) -> Resource:
    """All rulesets on deny, behind a custom rule that bypasses where all of the conditions are met."""
    rule: dict[str, Raw] = {
        "name": "partner",
        "active": True,
        "action": {"action": "bypass"},
        "conditionGroups": [{"conditions": list(conditions)}],
        **instead,
    }
    properties: dict[str, Raw] = {"rules": {"rules": [rule]}}
    return resource(FIREWALL_CONFIG, "shop", {**owasp().properties.raw(), **properties})


def condition(type_: Raw, op: Raw, value: Raw = None, **given: Raw) -> dict[str, Raw]:
    return {"type": type_, "op": op, "value": value, **given}


EVERYWHERE = condition("path", "pre", "/")
WEBHOOK = condition("path", "eq", "/api/webhook")


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (bypassing(EVERYWHERE), "fail"),
        (bypassing(EVERYWHERE, active=None), "fail"),
        (bypassing(EVERYWHERE, active=False), "pass"),
        (bypassing(EVERYWHERE, active=UNKNOWN), "unknown"),
        (bypassing(EVERYWHERE, action={"action": "deny"}), "pass"),
        (bypassing(EVERYWHERE, action={"action": UNKNOWN}), "unknown"),
        (bypassing(EVERYWHERE, action={}), "fail"),
        (bypassing(EVERYWHERE, WEBHOOK), "pass"),
        (bypassing(WEBHOOK), "pass"),
        (bypassing(), "fail"),
        (bypassing(conditionGroups=[]), "fail"),
        (bypassing(conditionGroups=UNKNOWN), "unknown"),
        (bypassing(conditionGroups=[{"conditions": [WEBHOOK]}, {"conditions": [EVERYWHERE]}]), "fail"),
        (bypassing(conditionGroups=[{"conditions": UNKNOWN}, {"conditions": [EVERYWHERE]}]), "fail"),
        (bypassing(condition("path", "pre", "/api/")), "pass"),
        (bypassing(condition("path", "pre", UNKNOWN)), "unknown"),
        (bypassing(condition("path", "pre", UNKNOWN), WEBHOOK), "pass"),
        (bypassing(condition("path", "pre")), "fail"),
        (bypassing(condition("path", "near", "/")), "fail"),
        (bypassing(condition("path", "sub", "/")), "fail"),
        (bypassing(condition("path", "suf", "")), "fail"),
        (bypassing(condition("path", "suf", "/health")), "pass"),
        (bypassing(condition("path", "ex")), "fail"),
        (bypassing(condition("path", "neq", "/admin")), "fail"),
        (bypassing(condition("path", "pre", "/admin", neg=True)), "fail"),
        (bypassing(condition("path", "pre", "/", neg=True)), "pass"),
        (bypassing(condition("path", "neq", "/admin"), WEBHOOK), "pass"),
        (bypassing(condition("header", "eq", Secret(CANARY), key="Authorization")), "pass"),
        (bypassing(condition("header", "ex", key="X-Internal")), "pass"),
        (bypassing(condition("header", "nex", key="X-Internal")), "fail"),
        (bypassing(condition("host", "eq", "status.example.com")), "pass"),
        (bypassing(condition("scheme", "eq", "https")), "fail"),
        (bypassing(condition("environment", "eq", "Production")), "fail"),
        (bypassing(condition("environment", "neq", "production")), "pass"),
        (bypassing(condition("environment", "inc", values=["preview"])), "pass"),
        (bypassing(condition("environment", "inc", values=["preview", "production"])), "fail"),
        (bypassing(condition("geo_country", "ninc", values=["KP"])), "fail"),
        (bypassing(condition("geo_as_number", "gt", "64511")), "pass"),
        (bypassing(condition("ip_address", "eq", "203.0.113.0/24")), "pass"),
        (bypassing(condition("ip_address", "eq", "0.0.0.0/0")), "fail"),
        (bypassing(condition("ip_address", "inc", values=["0.0.0.0/1", "128.0.0.0/1"])), "fail"),
        (bypassing(condition("ip_address", "inc", values=["203.0.113.7", UNKNOWN])), "unknown"),
        (bypassing(condition("ip_address", "inc", values=[UNKNOWN, "::/0"])), "fail"),
        (bypassing(condition("ip_address", "eq", CANARY)), "fail"),
        (bypassing("odd"), "fail"),
    ],
)
def test_custom_rules_that_bypass(preview: PackProcess, subject: Resource, verdict: str) -> None:
    answer = preview.judge(subject).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "pattern", ["", "/", "^", "^/", ".*", "^.*$", "^/.*", "^/(.*)$", "/(?:.*)", "(/.*)?", "/.+", r"^\/.*$", r"[\s\S]*"]
)
def test_expressions_that_every_path_matches(preview: PackProcess, pattern: str) -> None:
    assert preview.judge(bypassing(condition("path", "re", pattern))).of(RULE).verdict == "fail"


@pytest.mark.parametrize("pattern", ["^/$", "^/api/.*", "/api(|/.*)", "^/webhooks/(stripe|github)$", "(?i)^/health$"])
def test_expressions_that_few_paths_match(preview: PackProcess, pattern: str) -> None:
    assert preview.judge(bypassing(condition("path", "re", pattern))).of(RULE).verdict == "pass"


def ip_rules(*rules: Raw) -> Resource:
    given: dict[str, Raw] = {"ipRules": {"rules": list(rules)}}
    return resource(FIREWALL_CONFIG, "shop", {**owasp().properties.raw(), **given})


def ip_rule(ip: Raw, action: Raw = "bypass") -> dict[str, Raw]:
    return {"action": action, "hostname": "shop.example.com", "ip": ip}


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (ip_rules(), "pass"),
        (ip_rules(ip_rule("203.0.113.7")), "pass"),
        (ip_rules(ip_rule("0.0.0.0/0")), "fail"),
        (ip_rules(ip_rule("::/0")), "fail"),
        (ip_rules(ip_rule("0.0.0.0/1"), ip_rule("128.0.0.0/1")), "fail"),
        (ip_rules(ip_rule("0.0.0.0/0", "challenge")), "pass"),
        (ip_rules(ip_rule("0.0.0.0/0", UNKNOWN)), "unknown"),
        (ip_rules(ip_rule(UNKNOWN)), "unknown"),
        (ip_rules(ip_rule(UNKNOWN), ip_rule("::/0")), "fail"),
        (ip_rules(ip_rule(Secret(CANARY))), "fail"),
        (ip_rules("odd"), "fail"),
        (changed(owasp(), {"ipRules": UNKNOWN}), "unknown"),
    ],
)
def test_ip_rules_that_bypass(preview: PackProcess, subject: Resource, verdict: str) -> None:
    answer = preview.judge(subject).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text


def test_messages_for_bypasses(preview: PackProcess) -> None:
    assert preview.judge(bypassing(EVERYWHERE)).of(RULE).messages == [
        "rules.rules[0] lets every request past the rules that follow, or every one but those that it names\n"
        "mend: give each of its conditionGroups a condition that only the meant requests meet, or take it away"
    ]
    assert preview.judge(ip_rules(ip_rule("::/0"))).of(RULE).messages == [
        "ipRules.rules lets every address past the rules that follow\n"
        "mend: bypass for single addresses or narrow ranges only"
    ]


@pytest.mark.parametrize("name", RULESETS)
def test_each_ruleset_is_needed(preview: PackProcess, name: str) -> None:
    [message] = preview.judge(owasp(**{name: None})).of(RULE).messages
    assert message == f"managedRulesets.owasp lacks {name}\nmend: add {name} with action deny"


def test_message_for_log(preview: PackProcess) -> None:
    [message] = preview.judge(owasp(xss={"action": "log"})).of(RULE).messages
    assert message == (
        "managedRulesets.owasp.xss.action is log, so attacks are written down and let through\nmend: set action to deny"
    )


def test_one_message_where_no_ruleset_is_declared(preview: PackProcess) -> None:
    [message] = preview.judge(firewall(None)).of(RULE).messages
    assert message == (
        "managedRulesets.owasp is not set, so no attack is recognised\n"
        "mend: add sqli, xss, rce, lfi, rfi, sd, ma and gen with action deny"
    )


def test_one_message_where_all_is_unknown(preview: PackProcess) -> None:
    assert len(preview.judge(firewall(UNKNOWN)).of(RULE).messages) == 1


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(owasp(sqli=UNKNOWN)).of(RULE).verdict == "fail"
