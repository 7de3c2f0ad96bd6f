"""No secret is in a variable that the framework puts into the browser bundle."""

from __future__ import annotations

import re
from typing import Final

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each
from ..judge.values import Secret
from ..subjects import credentials
from ..subjects.environment import TYPES_WITH_DEPLOYMENT, EnvironmentVariable, variables
from ..subjects.tokens import ENVIRONMENT_VARIABLE

_SECRET_WORD: Final = re.compile(r"TOKEN|PRIVATE|SESSION_?KEY", re.IGNORECASE)
"""Fewer words than announce a secret elsewhere: a public variable is often an `API_KEY` or a `DSN`."""


def _check(declaring: Resource) -> Findings:
    return each(variables(declaring), _check_variable)


def _check_variable(variable: EnvironmentVariable) -> Findings:
    key = variable.key.text()
    prefix = credentials.public_prefix(key)
    if prefix is None:
        return
    why = _secret_because(variable, key.removeprefix(prefix))
    if why is None:
        return
    yield Violation(
        variable.key.path,
        f"puts a secret into the browser bundle{variable.named()}: {prefix} publishes it, and {why}",
        mend=f"replace the secret, which visitors may have; put the new one in a sensitive variable without {prefix}",
    )


def _secret_because(variable: EnvironmentVariable, name: str) -> str | None:
    # What is certain without the value comes first, so that an unknown value hides nothing. A key its vendor means to
    # be public stays one, even if it is called a token or declared sensitive.
    publishable = variable.is_publishable
    if not publishable and (credentials.is_called_secret(name) or _SECRET_WORD.search(name)):
        return "the rest of its name announces a secret"
    if not publishable and not variable.sensitive.unknown and variable.sensitive.flag(default=False):
        return "it is declared sensitive"
    if found := variable.credential:
        return f"its value is {found[1]}"
    if variable.looks_random:
        return "its value looks like a generated secret"
    if not publishable:
        variable.sensitive.flag(default=False)  # unknown: nothing else says it, but this may
    return None


RULE = ResourceRule(
    id="env-no-secret-in-public-prefix",
    title="No secret is in a variable that reaches the browser",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("ISO 27001 A.8.12", "ISO 27001 A.8.28", "NIST SC-28", "NIST SI-10", "PCI 6.2.4", "PCI 8.6.2"),
    severity=Severity.CRITICAL,
    rationale=(
        "Frameworks copy every variable with a public prefix, such as NEXT_PUBLIC_, into the JavaScript that each "
        "visitor downloads. A secret under such a name is published with the next build and stays in caches after it "
        "is removed."
    ),
    remediation=(
        "Replace the secret, name the variable without the public prefix, and read it on the server only. A Google API "
        "key (`AIza...`) that is meant for browsers says so by a name with `FIREBASE`, `MAPS` or `PLACES` in it, e.g. "
        "`NEXT_PUBLIC_FIREBASE_API_KEY`; under any other it counts as one for servers."
    ),
    source="Vercel documentation, framework environment variables",
    waivable=False,
    types=TYPES_WITH_DEPLOYMENT,
    check=_check,
    failing=Example(
        "a payment key in every visitor's browser",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {
                "key": "NEXT_PUBLIC_STRIPE_SECRET_KEY",
                "value": Secret("x"),
                "sensitive": False,
                "targets": ["production"],
            },
        ),
    ),
    passing=Example(
        "the key that the vendor means for browsers",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {
                "key": "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
                "value": Secret("pk_live_xxxxxxxxxxxx"),
                "sensitive": False,
                "targets": ["production"],
            },
        ),
    ),
)
