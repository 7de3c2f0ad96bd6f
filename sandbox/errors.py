"""What a user of the sandbox can get wrong, or find broken; each message names the mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from soc2_guardrails.secrets import Reference


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message says why and what to do."""


class NotAProjectError(SandboxError):
    """The folder holds no Pulumi project."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: {reason}. Run this in the folder of the project, where Pulumi.yaml is.")


class UnwritableError(SandboxError):
    """The sandbox's folder cannot be written to."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"Cannot write to {folder} ({reason}). The sandbox keeps its account and state there: make the "
            "folder writable, or work in a copy of the project that is yours."
        )


class NotWrittenError(SandboxError):
    """A secret manager did not take a value; the message has the manager's words and no value."""

    def __init__(self, reference: Reference, why: str) -> None:
        super().__init__(f"{reference} was not written: {why}")
