"""What can go wrong with asking a policy pack."""

from __future__ import annotations


class PackError(Exception):
    """The pack could not be started, or gave no answer; the message says which one, why and what to do."""


class ConfigurationError(PackError):
    """The configuration file cannot be used; the message names the file, the key and the mend."""


class ConfigurationRefusedError(ConfigurationError):
    """The pack cannot read its configuration; `problems` has one line for each fault."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Makes the message of the problems."""
        self.problems = problems
        super().__init__("The policy configuration cannot be read:\n" + "\n".join(f"  {each}" for each in problems))
