"""Sensitive variables of production have a value of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each, independently
from ..judge.values import Secret, Value
from ..subjects.environment import TYPES, EnvironmentVariable, variables
from ..subjects.tokens import ENVIRONMENT_VARIABLE

_PRODUCTION: Final = "production"
_OTHERS: Final = ("preview", "development")


def _check(declaring: Resource) -> Findings:
    return each(variables(declaring), _check_variable)


def _check_variable(variable: EnvironmentVariable) -> Findings:
    if not variable.sensitive.unknown and not variable.sensitive.flag(default=False):
        return ()
    crossings = (_into_targets, _into_custom_environments, _into_all_custom_environments)
    return independently(*(partial(_check_crossing, variable, crossing) for crossing in crossings))


def _check_crossing(
    variable: EnvironmentVariable, crossing: Callable[[EnvironmentVariable], tuple[Value, str] | None]
) -> Findings:
    found = crossing(variable)
    if found is None or not variable.sensitive.flag(default=False):
        return
    where, others = found
    yield Violation(
        where.path,
        f"gives {others} the value that a sensitive variable{variable.named()} has in production",
        mend='set targets to ["production"] alone, and declare a variable with another value for the rest',
    )


def _into_targets(variable: EnvironmentVariable) -> tuple[Value, str] | None:
    known = variable.known_targets()
    shared = [other for other in _OTHERS if other in known]
    if _PRODUCTION in known and shared:
        return variable.targets, " and ".join(shared)
    if len(variable.targets.elements()) > 1:
        variable.targets.texts()  # an unknown one may be the other side
    return None


def _into_custom_environments(variable: EnvironmentVariable) -> tuple[Value, str] | None:
    custom = variable.at["customEnvironmentIds"]
    if custom.absent or not _reaches_production(variable) or not custom.elements():
        return None
    return custom, "custom environments"


def _into_all_custom_environments(variable: EnvironmentVariable) -> tuple[Value, str] | None:
    everywhere = variable.at["applyToAllCustomEnvironments"]
    if everywhere.absent or not _reaches_production(variable) or not everywhere.flag():
        return None
    return everywhere, "every custom environment"


def _reaches_production(variable: EnvironmentVariable) -> bool:
    return _PRODUCTION in variable.known_targets() or _PRODUCTION in variable.targets.texts()


RULE = ResourceRule(
    id="env-no-cross-boundary-target",
    title="Sensitive variables of production have a value of their own",
    criterion="CC6.6",
    also=("CC8.1",),
    frameworks=("ISO 27001 A.8.31", "NIST AC-4", "NIST CM-4(1)", "NIST SC-32", "PCI 6.5.3"),
    severity=Severity.HIGH,
    rationale=(
        "Preview deployments run code that nobody has approved yet, and development values are copied to laptops. A "
        "secret that these share with production gives every open branch the access that production has."
    ),
    remediation=(
        'Give production a variable of its own with `targets: ["production"]`, and issue another secret for preview, '
        "development and custom environments."
    ),
    source="Vercel documentation, environments and sensitive environment variables",
    types=TYPES,
    check=_check,
    failing=Example(
        "preview deployments charge real cards",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {
                "key": "STRIPE_SECRET_KEY",
                "value": Secret("x"),
                "sensitive": True,
                "targets": ["production", "preview"],
            },
        ),
    ),
    passing=Example(
        "the production key is given to production alone",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {"key": "STRIPE_SECRET_KEY", "value": Secret("x"), "sensitive": True, "targets": ["production"]},
        ),
    ),
)
