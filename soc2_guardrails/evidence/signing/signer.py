"""What makes a statement a record."""

from __future__ import annotations

from typing import Protocol

from soc2_guardrails.evidence.errors import EvidenceError


class SigningError(EvidenceError):
    """Nothing can be signed as the settings ask for; the message says why and what to do."""


class Signer(Protocol):
    """Puts statements into envelopes."""

    @property
    def signs(self) -> bool:
        """Whether there is a signature in them."""
        ...

    def sign(self, statement: bytes) -> bytes:
        """The bytes to store for a statement.

        Raises:
            SigningError: it cannot be signed.
        """
        ...

    def described(self) -> str:
        """Who signs, for messages."""
        ...
