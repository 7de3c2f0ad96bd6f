"""A Content-Security-Policy that is sent stops injected content."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation
from ..subjects.content_security_policy import weaknesses
from ..subjects.response_headers import TYPES, Header, each_header
from ..subjects.tokens import PROJECT_ROUTE


def _check(declaring: Resource) -> Findings:
    # Content-Security-Policy-Report-Only is another header: it stops nothing and counts for nothing. Whether a
    # project sends a policy at all is for the coverage of the baseline to say.
    return each_header(declaring, "content-security-policy", _check_policy)


def _check_policy(header: Header) -> Findings:
    for weakness in weaknesses(header.values()):
        yield Violation(header.argument.path, weakness.what, mend=weakness.mend)


def _sending(policy: str) -> Resource:
    return resource(
        PROJECT_ROUTE,
        "headers",
        {
            "projectId": "prj_shop",
            "srcSyntax": "regex",
            "route": {
                "src": "^/.*$",
                "transforms": [
                    {
                        "type": "response.headers",
                        "op": "set",
                        "target": '{"key": "Content-Security-Policy"}',
                        "args": f'"{policy}"',
                    }
                ],
            },
        },
    )


RULE = ResourceRule(
    id="headers-csp-strong",
    title="A Content-Security-Policy that is sent stops injected content",
    criterion="CC6.8",
    frameworks=("HIPAA 164.312(c)(1)", "ISO 27001 A.8.26", "NIST SC-18", "NIST SI-10", "PCI 6.4.3", "PCI 11.6.1"),
    severity=Severity.HIGH,
    rationale=(
        "The policy tells browsers which scripts, forms and frames belong to the page. One that allows inline scripts, "
        "whole schemes or any host lets a script that somebody injected run as if it were yours, on the checkout too."
    ),
    remediation=(
        "State script-src (or default-src) without 'unsafe-inline', 'unsafe-eval', wildcards and schemes, and "
        "object-src 'none', base-uri, form-action and frame-ancestors."
    ),
    source="W3C Content Security Policy Level 3",
    types=TYPES,
    check=_check,
    failing=Example("a policy that lets injected scripts run", _sending("default-src * 'unsafe-inline'")),
    passing=Example(
        "only the site's own scripts, and nothing else to inject",
        _sending("default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    ),
)
