"""References to secrets: what a stack file has in place of a secret's value."""

import re
from collections.abc import Mapping
from typing import ClassVar, Final, Self

from pydantic import ConfigDict, RootModel, model_validator

_SCHEMES: Final = ("env",)
_REFERENCE: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class UnusableSecretError(Exception):
    """A reference that leads to no usable value. The message names the source and never the value."""


class SecretReference(RootModel[str]):
    """`env://NAME`: the value of the environment variable NAME of the process that runs the program."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        json_schema_extra={
            "pattern": "^env://[A-Za-z_][A-Za-z0-9_]*$",
            "description": "a reference to a secret, such as env://STRIPE_SECRET_KEY",
            "x-concealed": True,
        },
    )

    least: ClassVar[int] = 1
    """Characters that the value has at least."""
    most: ClassVar[int | None] = None
    """Characters that the value has at most."""

    @model_validator(mode="after")
    def _is_reference(self) -> Self:
        match = _REFERENCE.fullmatch(self.root)
        if match is None:
            raise ValueError("env://NAME, a reference to the secret and not the secret itself")
        if match["scheme"] not in _SCHEMES:
            raise ValueError(f"env://NAME; references with the scheme {match['scheme']}:// are not known")
        if not _VARIABLE.fullmatch(match["rest"]):
            raise ValueError("env://NAME, where NAME is the name of an environment variable")
        return self

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return self.root.removeprefix("env://")

    def resolve(self, environment: Mapping[str, str]) -> str:
        """Give the secret's value.

        Raises:
            UnusableSecretError: When the variable is not set, is empty, or its length is not allowed.
        """
        value = environment.get(self.variable, "")
        if not value:
            raise UnusableSecretError(
                f"the environment variable {self.variable} is not set or empty; set it to the secret's value"
            )
        if len(value) < self.least:
            raise UnusableSecretError(
                f"the environment variable {self.variable} has {len(value)} characters;"
                f" at least {self.least} are needed"
            )
        if self.most is not None and len(value) > self.most:
            raise UnusableSecretError(
                f"the environment variable {self.variable} has {len(value)} characters; {self.most} are allowed"
            )
        return value

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        # A literal put in place of a reference must not be shown by a traceback or an assertion.
        return []


class SigningSecretReference(SecretReference):
    """A reference to the secret that a log drain signs its requests with."""

    least: ClassVar[int] = 32


class PasswordReference(SecretReference):
    """A reference to the password of a project's deployments."""

    most: ClassVar[int | None] = 72


class HeaderSecretReference(SecretReference):
    """A reference to the value of a request header."""

    def resolve(self, environment: Mapping[str, str]) -> str:
        """Give the header's value.

        Raises:
            UnusableSecretError: As for every secret, and when the value has a control character.
        """
        value = super().resolve(environment)
        if re.search(r"[\x00-\x1f\x7f]", value):
            raise UnusableSecretError(
                f"the environment variable {self.variable} has a newline or another control character;"
                " a header value is one line"
            )
        return value
