"""The place in a secret manager that a sandbox's stacks take their secrets from, where somebody names one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from soc2_guardrails.secrets import MalformedReferenceError, Reference

from .errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "SOC2_DEMO_SECRETS"
"""Names the place, such as `vault://secret/soc2-demo`. Without it no manager is read or written."""

VAULT: Final = "vault"
AWS: Final = "aws-sm"

_VARIABLES: Final = {VAULT: "VAULT_", AWS: "AWS_"}
"""How the variables begin that a manager's client is set up by."""
_FIELDS: Final = {VAULT: "value", AWS: None}
"""The field that holds the value, where a secret has fields."""


@dataclass(frozen=True)
class SecretStore:
    """A folder of a manager, with one secret for each variable of each stack, so that each rotates by itself.

    Attributes:
        scheme: of its references.
        path: of the folder, as references have it.
    """

    scheme: str
    path: str

    @classmethod
    def named(cls, environment: Mapping[str, str]) -> Self | None:
        """The one that `environment` names, None where it names none.

        Raises:
            SandboxError: what it names is no folder of a manager that the sandbox can write to.
        """
        stated = environment.get(VARIABLE, "").rstrip("/")
        if not stated:
            return None
        scheme, _, path = stated.partition("://")
        store = cls(scheme, path)
        if scheme not in _VARIABLES or not store._has_room():
            raise SandboxError(
                f"{VARIABLE} names no folder of Vault or AWS Secrets Manager: set it to one such as "
                "vault://secret/soc2-demo or aws-sm://soc2-demo, or unset it"
            )
        return store

    def __str__(self) -> str:
        """As the variable names it."""
        return f"{self.scheme}://{self.path}"

    def reference(self, stack: str, name: str) -> Reference:
        """Where the secret is that the file of `stack` calls `env://name`."""
        field = _FIELDS[self.scheme]
        return Reference.parse(f"{self}/{stack}/{name}{f'#{field}' if field else ''}")

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The variables of `environment` that name the folder, lead to the manager and open it."""
        begin = _VARIABLES[self.scheme]
        return {name: value for name, value in environment.items() if name == VARIABLE or name.startswith(begin)}

    def _has_room(self) -> bool:
        """Whether there are references below the folder, which is then one."""
        try:
            return self.reference("stack", "NAME").path == f"{self.path}/stack/NAME"
        except MalformedReferenceError:
            return False
