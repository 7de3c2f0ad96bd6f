"""Records that nobody signs."""

from __future__ import annotations

from soc2_guardrails.evidence.envelope import sealed


class Unsigned:
    """Puts statements into envelopes without a signature. They still form a chain, which anybody may write anew."""

    signs = False

    def sign(self, statement: bytes) -> bytes:
        """The statement in an envelope."""
        return sealed(statement)

    def described(self) -> str:
        """That nobody signs."""
        return "nobody: these records prove nothing about who wrote them"
