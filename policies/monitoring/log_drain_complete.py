"""A log drain loses nothing of what production logs."""

from __future__ import annotations

from functools import partial

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, independently
from ..subjects.log_drains import COMPLETENESS, SOURCES, Clause
from ..subjects.tokens import LOG_DRAIN


def _check(drain: Resource) -> Findings:
    return independently(*(partial(_check_clause, clause, drain) for clause in COMPLETENESS))


def _check_clause(clause: Clause, drain: Resource) -> Findings:
    for gap in clause(drain.properties):
        yield Violation(gap.at.path, gap.what, mend=gap.mend)


RULE = ResourceRule(
    id="log-drain-complete",
    title="Log drains lose nothing of what production logs",
    criterion="CC7.2",
    also=("CC7.1",),
    frameworks=("HIPAA 164.312(b)", "ISO 27001 A.8.15", "NIST AU-2", "NIST AU-3", "NIST AU-12", "PCI 10.2"),
    severity=Severity.HIGH,
    rationale=(
        "Vercel keeps logs for hours or days, so what a drain leaves out is gone when an incident is looked into. An "
        "attack shows in several sources at once: the firewall, the function it reached, and the build that shipped "
        "it."
    ),
    remediation=(
        "Drain every source of `production` without sampling, as `json` or `ndjson`. A changed drain is replaced, so "
        "let the new one deliver before the old one is deleted."
    ),
    source="Vercel documentation, log drains",
    types=(LOG_DRAIN,),
    check=_check,
    failing=Example(
        "requests that the firewall refused leave no trace, and most lines are sampled away",
        resource(
            LOG_DRAIN,
            "siem",
            {
                "deliveryFormat": "json",
                "endpoint": "https://logs.example.com/vercel",
                "environments": ["production"],
                "samplingRate": 0.1,
                "sources": ["lambda", "edge"],
            },
        ),
    ),
    passing=Example(
        "everything that production logs",
        resource(
            LOG_DRAIN,
            "siem",
            {
                "deliveryFormat": "json",
                "endpoint": "https://logs.example.com/vercel",
                "environments": ["production"],
                "sources": list(SOURCES),
            },
        ),
    ),
)
