"""What the vendors' plans allow: nobody is failed for a control that their plan does not have, and is told so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .resources import Resource
from .values import Malformed, Undetermined


class Vendor(Enum):
    """Whose plan it is."""

    VERCEL = "Vercel"
    GITHUB = "GitHub"


PLANS: Final[Mapping[Vendor, tuple[str, ...]]] = {
    Vendor.VERCEL: ("hobby", "pro", "enterprise"),
    Vendor.GITHUB: ("free", "team", "enterprise"),
}
"""The plans, from the least to the most."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The least plan that has what a rule asks for.

    Attributes:
        vendor: whose plan.
        plan: its name, one of `PLANS`.
        feature: what the plan has that lower ones lack, to be read after `which has`.
        of: which resources need the plan for it; all of them if left out. Resource rules only.
    """

    vendor: Vendor
    plan: str
    feature: str
    of: Callable[[Resource], bool] | None = None

    def __post_init__(self) -> None:
        if self.plan not in PLANS[self.vendor]:
            raise ValueError(f"{self.vendor.value} has no plan {self.plan!r}; it has {', '.join(PLANS[self.vendor])}")

    @property
    def named(self) -> str:
        """The plan with its vendor, e.g. `Vercel Enterprise`."""
        return _named(self.vendor, self.plan)

    def lacking(self, stated: Mapping[Vendor, str], subject: Resource | None) -> str:
        """Why a rule does not apply under the stated plans; empty where it does, or where none is stated."""
        plan, plans = stated.get(self.vendor), PLANS[self.vendor]
        if plan is None or plans.index(plan) >= plans.index(self.plan) or not self._concerns(subject):
            return ""
        return (
            f"needs {self.named}, which has {self.feature}; the policy configuration states {_named(self.vendor, plan)}"
        )

    def _concerns(self, subject: Resource | None) -> bool:
        if self.of is None:
            return True
        try:
            return subject is not None and self.of(subject)
        except (Undetermined, Malformed):
            return False  # not shown to need the plan, so judged


def _named(vendor: Vendor, plan: str) -> str:
    return f"{vendor.value} {plan.capitalize()}"
