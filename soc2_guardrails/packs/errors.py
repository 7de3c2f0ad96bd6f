"""What can go wrong with asking a policy pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PackError(Exception):
    """The pack could not be started, or gave no answer; the message says which one, why and what to do."""


class ConfigurationError(PackError):
    """The configuration file cannot be used; the message names the file, the key and the mend."""


class ConfigurationRefusedError(ConfigurationError):
    """The pack cannot read its configuration; `problems` has one line for each fault, with its path."""

    def __init__(self, problems: tuple[str, ...], file: Path | None = None) -> None:
        """Makes the message of the problems and the file, which the pack does not know."""
        self.problems = problems
        where = f"{file}: the" if file else "The"
        told = "\n".join(f"  {each}" for each in problems)
        super().__init__(f"{where} policy configuration cannot be read:\n{told}\nmend: correct it there")
