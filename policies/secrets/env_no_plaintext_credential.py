"""No known credential is stored where it can be read back."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each
from ..judge.values import Secret
from ..subjects.environment import TYPES, EnvironmentVariable, variables
from ..subjects.tokens import ENVIRONMENT_VARIABLE


def _check(declaring: Resource) -> Findings:
    return each(variables(declaring), _check_variable)


def _check_variable(variable: EnvironmentVariable) -> Findings:
    if not variable.sensitive.unknown and variable.sensitive.flag(default=False):
        return
    found = variable.credential
    if found is None or variable.sensitive.flag(default=False):
        return
    value, credential = found
    yield Violation(
        value.path,
        f"is {credential} that can be read back{variable.named()}, since sensitive is not true",
        mend="replace the credential, and store the new one with sensitive true, never for `development`",
    )


RULE = ResourceRule(
    id="env-no-plaintext-credential",
    title="No credential is stored where it can be read back",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("CIS GitHub 1.5.1", "ISO 27001 A.5.17", "NIST IA-5(7)", "NIST SSDF PS.1", "PCI 8.6.2"),
    severity=Severity.CRITICAL,
    rationale=(
        "The value has the form in which a vendor issues its credentials, or is a URL with a password in it, so it is "
        "a working key whatever the variable is called. Unless the variable is sensitive, every member of the team can "
        "read it back, and `vercel env pull` writes it to laptops."
    ),
    remediation=(
        "Replace the credential and store the new one with `sensitive: true`; give developers credentials of their own "
        "in place of a value for `development`."
    ),
    source="Vercel documentation, sensitive environment variables; token formats that vendors publish",
    waivable=False,
    types=TYPES,
    check=_check,
    failing=Example(
        "a database password under a name that says nothing",
        resource(
            ENVIRONMENT_VARIABLE,
            "backend",
            {
                "key": "BACKEND",
                "value": Secret("postgres://shop:example@db.example.com/shop"),
                "sensitive": False,
                "targets": ["development"],
            },
        ),
    ),
    passing=Example(
        "the same address without the password, which is a sensitive variable of its own",
        resource(
            ENVIRONMENT_VARIABLE,
            "backend",
            {
                "key": "BACKEND",
                "value": Secret("postgres://db.example.com/shop"),
                "sensitive": False,
                "targets": ["development"],
            },
        ),
    ),
)
