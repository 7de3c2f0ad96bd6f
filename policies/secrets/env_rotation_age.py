"""Secret variables are rotated in time, and show when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Final

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity, Violation, each
from ..judge.values import Secret, Value
from ..judge.waivers import utc_today
from ..subjects.environment import TYPES, EnvironmentVariable, variables
from ..subjects.provenance import NotProvenance, Provenance, provenance
from ..subjects.tokens import ENVIRONMENT_VARIABLE

MAX_AGE_DAYS: Final = 90
"""How old a value may be; what PCI DSS used to ask for, and what most managers rotate by. Twice as old is too old."""

_MEND: Final = "rotate it in the secret manager and deploy again"
_DATED: Final = "keep the value in a secret manager that dates its versions, and refer to it there"


def check(declaring: Resource, today: Callable[[], date] = utc_today) -> Findings:
    """Judges the variables that a resource declares.

    Args:
        declaring: the resource.
        today: tells the day that ages are counted to, by UTC.
    """
    return each(variables(declaring), partial(_check_variable, today=today))


def _check_variable(variable: EnvironmentVariable, today: Callable[[], date]) -> Findings:
    if not variable.holds_secret():
        return
    comment = variable.at["comment"]
    told = _told(comment)
    rotated = None if told is None else told.rotated
    if told is None or rotated is None:
        yield Violation(
            comment.path,
            f"does not date the last rotation of a secret variable{variable.named()}, so its age cannot be shown",
            mend=_DATED,
            advice=True,
        )
        return
    age = today() - rotated
    if age < timedelta(0):
        yield Violation(
            comment.path,
            f"says that a secret variable{variable.named()} was rotated on {rotated}, a day to come",
            mend="let the comment say what the secret manager says",
        )
    elif age > timedelta(days=2 * MAX_AGE_DAYS):
        yield Violation(comment.path, _too_old(variable, rotated, 2 * MAX_AGE_DAYS), mend=_MEND)
    elif age > timedelta(days=MAX_AGE_DAYS):
        yield Violation(comment.path, _too_old(variable, rotated, MAX_AGE_DAYS), mend=_MEND, advice=True)
    elif not told.from_manager:
        yield Violation(
            comment.path,
            f"dates the last rotation of a secret variable{variable.named()}, but not by a secret manager that is "
            "known here, so nobody answers for the day",
            mend=_DATED,
            advice=True,
        )


def _told(comment: Value) -> Provenance | None:
    try:
        return provenance(comment.text(default=""))
    except NotProvenance:
        return None


def _too_old(variable: EnvironmentVariable, rotated: date, days: int) -> str:
    # The age itself would be another message every day.
    return f"says that a secret variable{variable.named()} was last rotated on {rotated}, more than {days} days ago"


RULE = ResourceRule(
    id="env-rotation-age",
    title="Secret variables are rotated in time, and show when",
    criterion="CC6.6",
    also=("CC6.1",),
    frameworks=("ISO 27001 A.8.24", "ISO 27001 A.5.17", "NIST IA-5(1)", "NIST SC-12(1)", "PCI 8.6.3", "PCI 3.7.4"),
    severity=Severity.HIGH,
    rationale=(
        "Nobody knows of every copy of a secret: in a log, a backup, the laptop of somebody who left. Rotation makes "
        "them worthless. The date in the variable's comment is the secret manager's own, of the version that is "
        f"deployed. After {MAX_AGE_DAYS} days the rule advises, and after {2 * MAX_AGE_DAYS} it refuses; where no date "
        "is given, or by no secret manager that the policy knows, it advises. Under the profiles `ecommerce` and "
        "`telehealth` all of these are refused."
    ),
    remediation=(
        "Rotate the secret in its manager, then run `pulumi up`: the new version is read, and the variables that use "
        "it change. A reference that is pinned to a version (`?version=7`) has to be moved on first."
    ),
    source="OWASP Secrets Management Cheat Sheet",
    types=TYPES,
    check=check,
    failing=Example(
        "a payment key that has not changed for years",
        resource(
            ENVIRONMENT_VARIABLE,
            "stripe",
            {
                "key": "STRIPE_SECRET_KEY",
                "valueWo": Secret("x"),
                "valueWoVersion": 7,
                "sensitive": True,
                "targets": ["production"],
                "comment": "secret-ref=vault://kv/shop#stripe version=7 rotated=2023-02-01",
            },
        ),
    ),
    passing=Example(
        "a value that anybody may know, and that has no age; a secret passes with a comment like the one above and a "
        f"date of the last {MAX_AGE_DAYS} days",
        resource(
            ENVIRONMENT_VARIABLE,
            "site",
            {"key": "SITE_NAME", "value": "The Shop", "sensitive": False, "targets": ["production"]},
        ),
    ),
)
