"""Strict-Transport-Security lasts a year at least and covers subdomains."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation
from ..judge.values import Raw
from ..subjects.response_headers import TYPES, Header, each_header
from ..subjects.tokens import PROJECT_ROUTE
from ..subjects.transport_security import faults


def _check(declaring: Resource) -> Findings:
    return each_header(declaring, "strict-transport-security", _check_header)


def _check_header(header: Header) -> Findings:
    for fault in faults(header.values()):
        yield Violation(header.argument.path, fault, mend="set max-age=63072000; includeSubDomains; preload")


def _sending(value: str) -> Resource:
    transform: Raw = {
        "type": "response.headers",
        "op": "set",
        "target": '{"key": "Strict-Transport-Security"}',
        "args": f'"{value}"',
    }
    return resource(
        PROJECT_ROUTE,
        "headers",
        {"projectId": "prj_shop", "srcSyntax": "regex", "route": {"src": "^/.*$", "transforms": [transform]}},
    )


RULE = ResourceRule(
    id="headers-hsts-preload-grade",
    title="Strict-Transport-Security lasts a year at least and covers subdomains",
    criterion="CC6.8",
    also=("CC6.7",),
    frameworks=("HIPAA 164.312(e)(1)", "ISO 27001 A.8.24", "NIST SC-8", "NIST SC-23", "PCI 4.2.1"),
    severity=Severity.HIGH,
    rationale=(
        "The header makes browsers use TLS for the site without asking. With a short time, or without subdomains, "
        "there is a first request in plain text that somebody on the network can answer, cookies of the site included."
    ),
    remediation="Set `max-age=63072000; includeSubDomains; preload` (`max-age` may not be below 31536000).",
    source="RFC 6797; submission requirements of the browsers' HSTS preload list",
    types=TYPES,
    check=_check,
    failing=Example("a week, and subdomains left out", _sending("max-age=604800")),
    passing=Example("two years with subdomains", _sending("max-age=63072000; includeSubDomains; preload")),
)
