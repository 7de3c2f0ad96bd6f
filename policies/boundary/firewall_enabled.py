"""A declared firewall is switched on."""

from __future__ import annotations

from ..judge.remedy import setting
from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation
from ..judge.values import UNKNOWN, Raw
from ..subjects.tokens import FIREWALL_CONFIG


def _check(firewall: Resource) -> Findings:
    enabled = firewall["enabled"]
    if not enabled.flag(default=True):
        yield Violation(
            enabled.path,
            "is false, so no rule of this firewall is applied to any request",
            mend="set enabled to true or leave it out",
        )


def _remediate(firewall: Resource) -> dict[str, Raw]:
    return setting(firewall, {"enabled": True})


RULE = ResourceRule(
    id="firewall-enabled",
    title="The firewall of a project is switched on",
    criterion="CC6.6",
    frameworks=("HIPAA 164.312(e)(1)", "ISO 27001 A.8.20", "ISO 27001 A.8.23", "NIST SC-7", "PCI 6.4.2"),
    severity=Severity.CRITICAL,
    rationale=(
        "A firewall that is switched off still shows its rules, and so looks like one that works. Requests go past it "
        "to the application as if it were not there."
    ),
    remediation="Set `enabled: true` or leave it out, which means the same.",
    source="Vercel documentation, firewall configuration",
    types=(FIREWALL_CONFIG,),
    check=_check,
    remediate=_remediate,
    failing=Example(
        "switched off during an incident and forgotten",
        resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, "enabled": False}),
    ),
    passing=Example(
        "switched on",
        resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, "enabled": True}),
    ),
)
