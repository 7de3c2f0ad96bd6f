"""Made-up values in the manager that was named: written where there is none, and rotated; nobody else's are touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from soc2_guardrails.secrets import Fetched, Reference, fetch_all

from .errors import NotWrittenError, SandboxError
from .generated import is_made_up, made_up
from .secret_store import AWS, VAULT, SecretStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

_EXTRAS: Final = {VAULT: "vault", AWS: "aws"}


class Writer(Protocol):
    """What is asked of a manager, beside what sources ask it. Both methods raise NotWrittenError."""

    def create(self, reference: Reference, value: str) -> bool:
        """Write a secret that is not there; False if it is."""

    def replace(self, reference: Reference, value: str, version: str | None) -> None:
        """Write the version of a secret that follows `version`."""


def seed(store: SecretStore, references: Iterable[Reference], environment: Mapping[str, str]) -> tuple[int, int]:
    """Write a made-up value for each reference that leads to nothing.

    Returns:
        How many were written, and how many were there and left as they are.

    Raises:
        NotWrittenError: the manager refuses.
        SandboxError: it cannot be reached, or its client is not installed.
    """
    with _writer(store, environment) as writer:
        written = [writer.create(reference, made_up()) for reference in references]
    return sum(written), len(written) - sum(written)


def rotate(store: SecretStore, reference: Reference, environment: Mapping[str, str]) -> None:
    """Write a new version of a secret that `seed` wrote.

    Raises:
        NotWrittenError: the manager refuses, or the value is not one of the sandbox's.
        SandboxError: it cannot be reached, or its client is not installed.
    """
    answer = fetch_all([reference], environment)[reference]
    if not isinstance(answer, Fetched):
        raise NotWrittenError(reference, answer.text)
    if not is_made_up(answer.value):
        raise NotWrittenError(reference, "its value is not one that `seed` made up, so it may be somebody's")
    with _writer(store, environment) as writer:
        writer.replace(reference, made_up(), answer.version)


def _writer(store: SecretStore, environment: Mapping[str, str]) -> AbstractContextManager[Writer]:
    # The client libraries are extras.
    try:
        if store.scheme == VAULT:
            from .vault_writer import vault_writer  # noqa: PLC0415

            return vault_writer(environment)
        from .aws_writer import aws_writer  # noqa: PLC0415

        return aws_writer(environment)
    except ModuleNotFoundError as error:
        raise SandboxError(
            f"{store} needs the Python package {error.name}: pip install 'soc2-guardrails[{_EXTRAS[store.scheme]}]'"
        ) from None
