from __future__ import annotations

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import FIREWALL_CONFIG

from ..pack_process import PackProcess

RULE = "firewall-owasp-deny"
RULESETS = ("sqli", "xss", "rce", "lfi", "rfi", "sd", "ma", "gen")
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"


def firewall(managed: Raw) -> Resource:
    return resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, "managedRulesets": managed})


def owasp(**changed: Raw) -> Resource:
    """All rulesets on deny, but for those given; None leaves one out."""
    rulesets: dict[str, Raw] = {name: {"active": True, "action": "deny"} for name in RULESETS}
    return firewall({"owasp": {name: value for name, value in {**rulesets, **changed}.items() if value is not None}})


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
