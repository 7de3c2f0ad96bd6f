"""Secret variables say which secret manager their value comes from."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each
from ..judge.values import Secret
from ..subjects.environment import TYPES, EnvironmentVariable, variables
from ..subjects.provenance import FORM, MANAGERS, NotProvenance, Provenance, provenance
from ..subjects.tokens import ENVIRONMENT_VARIABLE


def _check(declaring: Resource) -> Findings:
    return each(variables(declaring), _check_variable)


def _check_variable(variable: EnvironmentVariable) -> Findings:
    comment = variable.at["comment"]
    if comment.unknown and variable.holds_secret():
        comment.text()  # undetermined
    if comment.unknown:
        return
    try:
        told = provenance(comment.text(default=""))
    except NotProvenance as fault:
        if variable.holds_secret():
            yield Violation(
                comment.path,
                f"{fault}, so nothing shows which secret manager a secret variable{variable.named()} comes from",
                mend=f"give the value by reference to a secret manager, and let the comment say {FORM}",
            )
        return
    if not told.from_manager and variable.reaches_production() and variable.holds_secret():
        yield Violation(
            comment.path,
            f"says that a secret variable{variable.named()} comes from {_origin(told)}",
            mend="keep it in a secret manager, and refer to it there"
            f" ({', '.join(f'{scheme}://' for scheme in MANAGERS)})",
            advice=True,
        )


def _origin(told: Provenance) -> str:
    if told.from_environment:
        return "the environment of the run, where nobody can tell who may read it, or which secret manager it came from"
    return "a place that is not known here as a secret manager, so nothing shows who may read it"


RULE = ResourceRule(
    id="env-provenance-from-secret-manager",
    title="Secret variables say which secret manager their value comes from",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("HIPAA 164.312(a)(2)(iv)", "ISO 27001 A.8.24", "NIST SC-12", "NIST IA-5", "PCI 8.6.2", "PCI 3.7"),
    severity=Severity.HIGH,
    rationale=(
        "A secret that somebody typed into a program, a dashboard or a terminal lies in more places than anybody "
        "knows, and nobody is told to change it. A secret manager knows who read it and when it was changed. The "
        "policy sees values only, which look the same wherever they come from, so the variable's comment has to say "
        "it: there the program, the dashboard and the auditor read the same."
    ),
    remediation=(
        "Keep the value in a secret manager and refer to it in the stack file, e.g. `vault://kv/shop#stripe`; the "
        "components write the comment. What comes from the environment of the run (`env://NAME`), or from a place that "
        "the policy does not know as a secret manager, is advised against in production, and refused under the "
        "profiles `ecommerce` and `telehealth`. It does not know managers that plugins read; where you use one, set "
        "the level of this rule to `advisory`."
    ),
    source="OWASP Secrets Management Cheat Sheet",
    types=TYPES,
    check=_check,
    failing=Example(
        "a payment key that came from nobody knows where",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {
                "key": "STRIPE_SECRET_KEY",
                "value": Secret("x"),
                "sensitive": True,
                "targets": ["production"],
                "comment": "Charges cards",
            },
        ),
    ),
    passing=Example(
        "the same key, from Vault",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {
                "key": "STRIPE_SECRET_KEY",
                "valueWo": Secret("x"),
                "valueWoVersion": 7,
                "sensitive": True,
                "targets": ["production"],
                "comment": "secret-ref=vault://kv/shop#stripe version=7 rotated=2026-10-01",
            },
        ),
    ),
)
