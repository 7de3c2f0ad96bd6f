"""What a stack file has in place of a secret's value, and what is asked of the value that it leads to."""

import re
from typing import ClassVar, Self

from pydantic import ConfigDict, RootModel, model_validator

from ..secrets import Reference, schemes
from ..secrets.reference import PATTERN


class SecretReference(RootModel[str]):
    """A reference to a secret, such as `vault://<mount>/<path>#<field>` or `env://NAME`."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        json_schema_extra={
            "pattern": PATTERN,
            "description": "a reference to a secret, such as vault://kv/shop#STRIPE_SECRET_KEY or env://STRIPE_SECRET_KEY",
            "x-concealed": True,
        },
    )

    least: ClassVar[int] = 1
    """Characters that the value has at least."""
    most: ClassVar[int | None] = None
    """Characters that the value has at most."""

    @model_validator(mode="after")
    def _is_reference(self) -> Self:
        known = schemes()
        # The scheme that is given is not repeated: it may be the beginning of a secret.
        if Reference.parse(self.root).scheme not in known:
            raise ValueError(
                f"a reference that begins with one of {', '.join(f'{scheme}://' for scheme in known)}; another one"
                " needs the package of its source to be installed"
            )
        return self

    @property
    def reference(self) -> Reference:
        """The reference, taken apart."""
        return Reference.parse(self.root)

    def fault(self, value: str) -> str | None:
        """Why a value cannot be used here, without the value; None where it can."""
        if len(value) < self.least:
            return f"the value has {len(value)} characters; at least {self.least} are needed"
        if self.most is not None and len(value) > self.most:
            return f"the value has {len(value)} characters; {self.most} are allowed"
        return None

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

    def fault(self, value: str) -> str | None:
        """As for every secret; and a header's value has no control character."""
        if re.search(r"[\x00-\x1f\x7f]", value):
            return "the value has a newline or another control character; a header value is one line"
        return super().fault(value)
