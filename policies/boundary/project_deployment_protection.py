"""Deployments that are not meant for the public ask visitors who they are."""

from __future__ import annotations

from ..judge.remedy import setting
from ..judge.resources import Resource, resource
from ..judge.rule import Example, Finding, Findings, ResourceRule, Severity, Undecided, Violation, unjudgeable
from ..judge.values import Malformed, Raw, Undetermined
from ..subjects.deployment_protection import METHODS, PREVIEWS, PRODUCTION_URLS
from ..subjects.tokens import PROJECT


def _check(project: Resource) -> Findings:
    protected: set[str] = set()
    malformed: list[Finding] = []
    unknown: list[Finding] = []
    for method in METHODS:
        try:
            protected |= method(project)
        except Malformed as shape:
            malformed.append(unjudgeable(shape))
        except Undetermined as value:
            unknown.append(Undecided(value.path))
    yield from malformed
    uncovered = [each for each in (PREVIEWS, PRODUCTION_URLS) if each not in protected]
    if not uncovered or malformed:
        return
    if unknown:
        yield from unknown
        return
    authentication = project["vercelAuthentication"]["deploymentType"]
    strangers = " and ".join(uncovered)
    if authentication.absent:
        yield Violation(
            "vercelAuthentication",
            f"is not set, so it is left to the team's default whether strangers can open {strangers}",
            mend="set vercelAuthentication.deploymentType to standard_protection_new",
        )
    else:
        yield Violation(
            authentication.path,
            f"lets strangers open {strangers}",
            mend="set it to standard_protection_new",
        )


def _remediate(project: Resource) -> dict[str, Raw]:
    return setting(project, {"vercelAuthentication.deploymentType": "standard_protection_new"})


RULE = ResourceRule(
    id="project-deployment-protection",
    title="Preview deployments and generated URLs are closed to strangers",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("HIPAA 164.312(a)(1)", "ISO 27001 A.8.3", "ISO 27001 A.8.20", "NIST AC-3", "NIST SC-7", "PCI 7.2"),
    severity=Severity.CRITICAL,
    rationale=(
        "Every deployment has a URL of its own that anybody can open who guesses or finds it: unreviewed code of a "
        "preview, or a production deployment with a hole that the current one has closed. Deployment protection asks "
        "the visitor to log in before any of them answers."
    ),
    remediation=(
        "Set `vercelAuthentication.deploymentType` to `standard_protection_new`; a password, trusted IPs or a Passport "
        "connector will do where they cover preview deployments and generated production URLs."
    ),
    source="Vercel documentation, deployment protection",
    types=(PROJECT,),
    check=_check,
    remediate=_remediate,
    failing=Example(
        "old production deployments can be opened by their URLs",
        resource(
            PROJECT,
            "shop",
            {"name": "shop", "vercelAuthentication": {"deploymentType": "only_preview_deployments"}},
        ),
    ),
    passing=Example(
        "only the production domains are public",
        resource(
            PROJECT,
            "shop",
            {"name": "shop", "vercelAuthentication": {"deploymentType": "standard_protection_new"}},
        ),
    ),
)
