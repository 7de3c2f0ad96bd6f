"""What can go wrong with getting a Pulumi CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class EngineError(Exception):
    """A Pulumi CLI could not be found or got; the message says why and what to do."""


class AttemptError(EngineError):
    """One way of getting the CLI did not work; the message is the reason, without a mend."""


class EngineUnavailableError(EngineError):
    """No way of getting the CLI worked; `attempts` holds (way, reason) in the order tried."""

    def __init__(self, minimum: str, attempts: Sequence[tuple[str, str]]) -> None:
        self.attempts = tuple(attempts)
        tried = "\n".join(f"  - {way}: {reason}" for way, reason in self.attempts)
        super().__init__(
            f"No Pulumi CLI {minimum} or later. What was tried:\n{tried}\n"
            "Install one of these and run the same again:\n"
            f"  - the Pulumi CLI, {minimum} or later: https://www.pulumi.com/docs/install/\n"
            "  - Go, 1.25 or later, to build the CLI from its modules: https://go.dev/doc/install"
        )


class UnusableDirectoryError(EngineError):
    """The folder for the CLI cannot be written to."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(
            f"Cannot write to {directory} ({reason}). The Pulumi CLI and everything else that set-up makes "
            "goes there: make the folder writable, or work in a copy of the project that is yours."
        )
