"""No secret flows into a property that is stored or shown in plain."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Undecided, Violation, unjudgeable
from ..judge.values import Secret, Undetermined
from ..subjects.leaks import Leak, leaks
from ..subjects.plain_sinks import SINKS
from ..subjects.tokens import ACTIONS_VARIABLE


def _check(declared: Resource) -> Findings:
    for found in leaks(declared):
        if isinstance(found, Leak):
            yield Violation(found.path, f"holds a secret, which {found.sink.readers}", mend=found.sink.instead)
        elif isinstance(found, Undetermined):
            yield Undecided(found.path)
        else:
            yield unjudgeable(found)


RULE = ResourceRule(
    id="secret-in-plain-sink",
    title="No secret is put where it is stored or shown in plain",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("HIPAA 164.312(a)(2)(iv)", "ISO 27001 A.5.17", "NIST IA-5(7)", "NIST SC-28", "PCI 8.6.2"),
    severity=Severity.CRITICAL,
    rationale=(
        "Pulumi knows which values of a program are secret and keeps them encrypted in its state. Once such a value is "
        "part of a workflow variable, a file, a build command, a comment or an address, the service that stores it "
        "does not know, and shows it to whoever may look at the setting. The mark follows the value through everything "
        "that the program computes from it, so it is found whatever it looks like."
    ),
    remediation=(
        "Store the secret where the service keeps secrets (a sensitive environment variable, an Actions secret, a "
        "header or a signing secret), and put nothing computed from it anywhere else."
    ),
    source="Pulumi documentation, secrets; GitHub documentation, variables; Vercel documentation, per setting",
    types=tuple(SINKS),
    check=_check,
    failing=Example(
        "a token as a variable of workflows, so that it need not be typed twice",
        resource(
            ACTIONS_VARIABLE,
            "deploy-token",
            {"repository": "shop", "variableName": "DEPLOY_TOKEN", "value": Secret("x")},
        ),
    ),
    passing=Example(
        "what a variable is for",
        resource(
            ACTIONS_VARIABLE,
            "region",
            {"repository": "shop", "variableName": "REGION", "value": "fra1"},
        ),
    ),
)
