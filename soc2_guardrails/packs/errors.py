"""What can go wrong with asking a policy pack."""

from __future__ import annotations


class PackError(Exception):
    """The pack cannot be asked; the message says which one, why and what to do."""


class ConfigurationRefusedError(PackError):
    """The pack cannot read its configuration; `problems` has one line for each fault."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("The policy configuration cannot be read:\n" + "\n".join(f"  {each}" for each in problems))
