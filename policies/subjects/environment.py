"""Environment variables of Vercel projects, whichever resource declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import starmap
from typing import Final

from ..judge.resources import Resource
from ..judge.values import Malformed, Value
from . import credentials
from .tokens import DEPLOYMENT, ENVIRONMENT_VARIABLE, ENVIRONMENT_VARIABLES, PROJECT, SHARED_ENVIRONMENT_VARIABLE

TYPES: Final = (ENVIRONMENT_VARIABLE, ENVIRONMENT_VARIABLES, SHARED_ENVIRONMENT_VARIABLE, PROJECT)
"""The resource types that declare stored environment variables, which all their later deployments are given."""

TYPES_WITH_DEPLOYMENT: Final = (*TYPES, DEPLOYMENT)
"""The same and Deployment, whose `environment` is given to that one deployment, stored nowhere else."""

DEPLOYED: Final = frozenset({"production", "preview"})
"""The targets whose values are read by deployed code; `development` is pulled to laptops."""

_TARGETS: Final = DEPLOYED | {"development"}


@dataclass(frozen=True, eq=False)
class EnvironmentVariable:
    """One variable, whose values are scanned once, whichever rules ask what they look like.

    Attributes:
        at: the object that declares it: the resource's properties, or an element of `variables` or `environments`. A
            variable of a Deployment has none, only key and value.
        key: the variable's name.
        values: the value, given as `value` or as `valueWo` (write-only). Vercel takes one of them; should both be
            given, each is judged.
    """

    at: Value
    key: Value
    values: tuple[Value, ...]

    @classmethod
    def declared(cls, at: Value) -> EnvironmentVariable:
        """The variable that an object with `key` and `value` or `valueWo` declares."""
        return cls(at, at["key"], tuple(value for value in (at["valueWo"], at["value"]) if value.present))

    @property
    def targets(self) -> Value:
        """The environments it is given to: production, preview, development."""
        return self.at["targets"]

    @property
    def sensitive(self) -> Value:
        """Whether Vercel stores it so that nobody can read it back."""
        return self.at["sensitive"]

    def named(self) -> str:
        """The key for a message, in parentheses, or nothing where it is unknown or itself marked as secret."""
        marked = self.key.secret and not self.at.secret
        return "" if self.key.unknown or self.key.absent or marked else f" ({self.key.text()})"

    @cached_property
    def credential(self) -> tuple[Value, str] | None:
        """The value that has the format of a credential, and the format's name, e.g. `a Stripe secret key`.

        Raises:
            Undetermined: no known value has one, and a value is unknown.
        """
        for value in sorted(self.values, key=lambda value: value.unknown):
            if found := credentials.credential_format(value.text()):
                return value, found
        return None

    @cached_property
    def is_publishable(self) -> bool:
        """Whether every value is known and a key that its vendor means to be public.

        Raises:
            Undetermined: a value may be one, and the name is unknown.
        """
        return bool(self.values) and all(
            not value.unknown and credentials.is_publishable(value.text(), self.key.text()) for value in self.values
        )

    @cached_property
    def looks_random(self) -> bool:
        """Whether a value looks generated, and is no key or identifier that is meant to be public.

        Raises:
            Undetermined: no known value does, and a value or the name is unknown.
        """
        if self.is_publishable or credentials.names_public_identifier(self.key.text()):
            return False
        return any(
            credentials.looks_random(value.text(), self.key.text())
            for value in sorted(self.values, key=lambda value: value.unknown)
        )

    def holds_secret(self) -> bool:
        """Whether its value is a secret: Vercel is told so, or something else says so.

        Raises:
            Undetermined: nothing known says so, and something that might is unknown.
        """
        if not self.sensitive.unknown and self.sensitive.flag(default=False):
            return True
        return self.secret_because() is not None or self.sensitive.flag(default=False)

    def known_targets(self) -> list[str]:
        """The targets that are known.

        Raises:
            Undetermined: the list as a whole is unknown.
            Malformed: a known one is none that Vercel has, e.g. `Production`.
        """
        known = [target for target in self.targets.elements() if not target.unknown]
        for target in known:
            if target.text() not in _TARGETS:
                raise Malformed(target.path, "production, preview or development")
        return [target.text() for target in known]

    def may_reach(self, targets: frozenset[str]) -> bool:
        """Whether one of some targets is given it, or may be.

        A custom environment may be any of them by another name. Vercel's provider takes no variable that is given to no
        environment, so one that seems to be is given to something that is not seen here.

        Raises:
            Malformed: a target is none that Vercel has.
        """
        if self.targets.unknown:
            return True
        known = self.known_targets()
        if not known or len(known) < len(self.targets.elements()) or targets.intersection(known):
            return True
        custom, everywhere = self.at["customEnvironmentIds"], self.at["applyToAllCustomEnvironments"]
        return custom.unknown or bool(custom.elements()) or everywhere.unknown or everywhere.flag(default=False)

    def reaches_production(self) -> bool:
        """Whether production is, or may be, given it; raises as `may_reach` does."""
        return self.may_reach(frozenset({"production"}))

    def secret_because(self) -> str | None:
        """Why it must be taken for a secret, or None if nothing says so.

        The name is asked before the value, so that an unknown value does not hide what the name announces.

        Raises:
            Undetermined: the name says nothing and the value is unknown.
        """
        if credentials.announces_secret(self.key.text()) and not self.is_publishable:
            return "its name announces a secret"
        visibility = self.at["visibility"]
        if not visibility.unknown and visibility.text(default="") == "secret":
            return "its visibility is `secret`"
        if found := self.credential:
            return f"its value is {found[1]}"
        if self.looks_random:
            return "its value looks like a generated secret"
        return None


@lru_cache(maxsize=1)  # one rule after the other asks for those of the same resource
def variables(resource: Resource) -> tuple[EnvironmentVariable, ...]:
    """The variables that a resource declares; a project or a deployment that declares none inline has none.

    Raises:
        Undetermined: the list of variables as a whole is unknown.
    """
    if resource.type == ENVIRONMENT_VARIABLES:
        return tuple(map(EnvironmentVariable.declared, resource["variables"].elements()))
    if resource.type == PROJECT:
        return tuple(map(EnvironmentVariable.declared, resource["environments"].elements()))
    if resource.type == DEPLOYMENT:
        return tuple(starmap(_of_deployment, resource["environment"].entries()))
    return (EnvironmentVariable.declared(resource.properties),)


def _of_deployment(name: str, value: Value) -> EnvironmentVariable:
    given = (value,) if value.present else ()
    return EnvironmentVariable(Value({}, value.path), Value(name, value.path), given)
