"""Environment variables of Vercel projects, whichever of the four resources declares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..judge.resources import Resource
from ..judge.values import Value
from . import credentials
from .tokens import ENVIRONMENT_VARIABLE, ENVIRONMENT_VARIABLES, PROJECT, SHARED_ENVIRONMENT_VARIABLE

TYPES: Final = (ENVIRONMENT_VARIABLE, ENVIRONMENT_VARIABLES, SHARED_ENVIRONMENT_VARIABLE, PROJECT)
"""The resource types that declare environment variables."""

DEPLOYED: Final = frozenset({"production", "preview"})
"""The targets whose values are read by deployed code; `development` is pulled to laptops."""


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """One variable.

    Attributes:
        at: the object that declares it: the resource's properties, or an element of `variables` or `environments`.
    """

    at: Value

    @property
    def key(self) -> Value:
        """The variable's name."""
        return self.at["key"]

    @property
    def targets(self) -> Value:
        """The environments it is given to: production, preview, development."""
        return self.at["targets"]

    @property
    def sensitive(self) -> Value:
        """Whether Vercel stores it so that nobody can read it back."""
        return self.at["sensitive"]

    @property
    def value(self) -> Value:
        """The value, given as `valueWo` (write-only) or as `value`."""
        write_only = self.at["valueWo"]
        return write_only if write_only.present else self.at["value"]

    def named(self) -> str:
        """The key for a message, quoted, or nothing while it is unknown."""
        return "" if self.key.unknown or self.key.absent else f" ({self.key.text()})"

    def credential(self) -> str | None:
        """The credential format that its value has, e.g. `a Stripe secret key`.

        Raises:
            Undetermined: the value is unknown.
        """
        return None if self.value.absent else credentials.credential_format(self.value.text())

    def secret_because(self) -> str | None:
        """Why it must be taken for a secret, or None if nothing says so.

        The name is asked before the value, so that an unknown value does not hide what the name announces.

        Raises:
            Undetermined: the name says nothing and the value is unknown.
        """
        key = self.key.text()
        publishable = self.value.present and not self.value.unknown and credentials.is_publishable(self.value.text())
        if credentials.announces_secret(key) and not publishable:
            return "its name announces a secret"
        visibility = self.at["visibility"]
        if not visibility.unknown and visibility.text(default="") == "secret":
            return "its visibility is `secret`"
        if found := self.credential():
            return f"its value is {found}"
        if self.value.present and credentials.looks_random(self.value.text()):
            return "its value looks like a generated secret"
        return None


def variables(resource: Resource) -> Iterator[EnvironmentVariable]:
    """The variables that a resource declares; a project that declares none inline has none.

    Raises:
        Undetermined: the list of variables as a whole is unknown.
    """
    if resource.type == ENVIRONMENT_VARIABLES:
        yield from map(EnvironmentVariable, resource["variables"].elements())
    elif resource.type == PROJECT:
        yield from map(EnvironmentVariable, resource["environments"].elements())
    else:
        yield EnvironmentVariable(resource.properties)
