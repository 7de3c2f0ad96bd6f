"""Reports for tests."""

from __future__ import annotations

from typing import Any

from soc2_guardrails.evidence.predicates import Operation, Result
from soc2_guardrails.runs.findings import Kind
from soc2_guardrails.runs.report import RunReport, ToldFinding, ToldOrigin


def finding(name: str = "shop-firewall", kind: Kind = Kind.VIOLATION, **stated: Any) -> ToldFinding:
    told: dict[str, Any] = {
        "rule": "firewall-enabled",
        "criterion": "CC6.6",
        "severity": "critical",
        "urn": f"urn:pulumi:production::shop::vercel:index/firewallConfig:FirewallConfig::{name}",
        "name": name,
        "what": "enabled is false",
        "mend": "set enabled to true",
        "see": "docs/rules/firewall-enabled.md",
    }
    return ToldFinding(kind=kind, **{**told, **stated})


def report(*findings: ToldFinding, **stated: Any) -> RunReport:
    refused = any(each.kind is Kind.VIOLATION for each in findings)
    told: dict[str, Any] = {
        "operation": Operation.PREVIEW,
        "project": "shop",
        "stack": "production",
        "sandbox": False,
        "result": Result.REFUSED if refused else Result.SUCCEEDED,
        "evaluated": True,
        "findings": findings,
        "changes": {"create": 2, "same": 5},
    }
    return RunReport(**{**told, **stated})


def origin(line: int) -> ToldOrigin:
    return ToldOrigin(file="stacks/Pulumi.production.yaml", line=line, key="projects.web.firewall")
