"""The managed OWASP rulesets refuse the requests that they recognise as attacks."""

from __future__ import annotations

from functools import partial
from typing import Final

from ..judge.plans import Needs, Vendor
from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each, independently
from ..judge.values import UNKNOWN, Raw, Undetermined, Value
from ..subjects.firewall_bypasses import lets_every_address_past, lets_every_request_past
from ..subjects.tokens import FIREWALL_CONFIG

_RULESETS: Final = ("sqli", "xss", "rce", "lfi", "rfi", "sd", "ma", "gen")
"""Those that apply to a Node.js application; `php`, `java` and `sf` (session fixation) are left to the team."""


def _check(firewall: Resource) -> Findings:
    return independently(
        partial(_check_rulesets, firewall), partial(_check_ip_rules, firewall), partial(_check_custom_rules, firewall)
    )


def _check_rulesets(firewall: Resource) -> Findings:
    owasp = firewall["managedRulesets"]["owasp"]
    if owasp.unknown:
        raise Undetermined(owasp.path)
    declared = [owasp[name] for name in _RULESETS if owasp[name].present]
    return independently(partial(_check_missing, owasp), lambda: each(declared, _check_ruleset))


def _check_missing(owasp: Value) -> Findings:
    missing = [name for name in _RULESETS if owasp[name].absent]
    if not missing:
        return
    what = "is not set, so no attack is recognised" if owasp.absent else f"lacks {_listed(missing)}"
    yield Violation(owasp.path, what, mend=f"add {_listed(missing)} with action deny")


def _check_ruleset(ruleset: Value) -> Findings:
    if ruleset.unknown:
        raise Undetermined(ruleset.path)
    return independently(partial(_check_active, ruleset["active"]), partial(_check_action, ruleset["action"]))


def _check_active(active: Value) -> Findings:
    if not active.flag(default=True):
        yield Violation(
            active.path, "is false, so the ruleset looks at no request", mend="set active to true or leave it out"
        )


def _check_action(action: Value) -> Findings:
    chosen = action.text()
    if chosen == "log":
        yield Violation(
            action.path,
            "is log, so attacks are written down and let through",
            mend="set action to deny",
        )
    elif chosen != "deny":
        yield Violation(action.path, "does not refuse the attacks that it recognises", mend="set action to deny")


def _check_ip_rules(firewall: Resource) -> Findings:
    if lets_every_address_past(firewall):
        yield Violation(
            "ipRules.rules",
            "lets every address past the rules that follow",
            mend="bypass for single addresses or narrow ranges only",
        )


def _check_custom_rules(firewall: Resource) -> Findings:
    return each(firewall["rules"]["rules"].elements(), _check_custom_rule)


def _check_custom_rule(rule: Value) -> Findings:
    if lets_every_request_past(rule):
        yield Violation(
            rule.path,
            "lets every request past the rules that follow, or every one but those that it names",
            mend="give each of its conditionGroups a condition that only the meant requests meet, or take it away",
        )


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _owasp(action: str) -> dict[str, Raw]:
    return {"owasp": {name: {"active": True, "action": action} for name in _RULESETS}}


RULE = ResourceRule(
    id="firewall-owasp-deny",
    title="The firewall refuses the common web attacks",
    criterion="CC6.6",
    also=("CC6.8",),
    frameworks=("ISO 27001 A.8.26", "NIST SC-7(8)", "NIST SI-10", "PCI 6.4.2"),
    severity=Severity.HIGH,
    rationale=(
        "Vercel maintains rulesets that recognise SQL injection, cross-site scripting, remote code execution, file "
        "inclusion, scanners, multipart tricks and generic attacks. They are off until they are declared, and with the "
        "action log they watch an attack succeed. A rule that lets every request past those that follow leaves them "
        "nothing to look at."
    ),
    remediation=(
        "Declare sqli, xss, rce, lfi, rfi, sd, ma and gen below `managedRulesets.owasp`, each with `action: deny`. "
        "Let rules with the action `bypass` apply only to the few requests that they are meant for."
    ),
    source="Vercel documentation, managed rulesets; OWASP Core Rule Set",
    needs=Needs(Vendor.VERCEL, "enterprise", "the managed OWASP rulesets"),
    types=(FIREWALL_CONFIG,),
    check=_check,
    failing=Example(
        "attacks are logged and let through",
        resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, "managedRulesets": _owasp("log")}),
    ),
    passing=Example(
        "attacks are refused",
        resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, "managedRulesets": _owasp("deny")}),
    ),
)
