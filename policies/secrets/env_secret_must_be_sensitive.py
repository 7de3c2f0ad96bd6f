"""Deployed secrets are stored as sensitive variables."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each
from ..judge.values import Secret
from ..subjects.environment import DEPLOYED, TYPES, EnvironmentVariable, variables
from ..subjects.tokens import ENVIRONMENT_VARIABLE


def _check(declaring: Resource) -> Findings:
    return each(variables(declaring), _check_variable)


def _check_variable(variable: EnvironmentVariable) -> Findings:
    if not variable.may_reach(DEPLOYED):
        return
    why = variable.secret_because()
    if why is None or variable.sensitive.flag(default=False):
        return
    yield Violation(
        variable.sensitive.path,
        f"is not true for a deployed variable{variable.named()}, although {why}",
        mend="set sensitive to true, and give `development` a variable of its own",
    )


RULE = ResourceRule(
    id="env-secret-must-be-sensitive",
    title="Deployed secrets are stored as sensitive variables",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("HIPAA 164.312(a)(2)(iv)", "ISO 27001 A.8.24", "NIST SC-28", "NIST IA-5(7)", "PCI 8.6.2"),
    severity=Severity.CRITICAL,
    rationale=(
        "A variable that is not sensitive can be read back in the Vercel dashboard and through the API by every "
        "member of the team, and by whoever takes over one of their sessions. A sensitive one is write-only."
    ),
    remediation="Set `sensitive: true`; a variable for `development` cannot be sensitive and needs a value of its own.",
    source="Vercel documentation, sensitive environment variables",
    types=TYPES,
    check=_check,
    failing=Example(
        "a payment key that the whole team can read",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {"key": "STRIPE_SECRET_KEY", "value": Secret("x"), "sensitive": False, "targets": ["production"]},
        ),
    ),
    passing=Example(
        "the same key, write-only",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {"key": "STRIPE_SECRET_KEY", "value": Secret("x"), "sensitive": True, "targets": ["production"]},
        ),
    ),
)
