"""`env://NAME`: environment variables of the process, as CI and the sandbox give them."""

from collections.abc import Mapping, Sequence

from ..reference import Reference
from ..source import Answer, Failure, FailureKind, Fetched


class EnvironmentSource:
    """The environment has neither versions nor dates, so a rotation there cannot be dated."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take where the values are."""
        self._environment = environment

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer references whose path is the name of a variable."""
        return {reference: self._answer(reference.path) for reference in references}

    def _answer(self, name: str) -> Answer:
        value = self._environment.get(name, "")
        if not value:
            return Failure(
                FailureKind.EMPTY if name in self._environment else FailureKind.NOT_FOUND,
                f"the environment variable {name} is not set or empty; set it to the secret's value",
            )
        return Fetched(value, version=None, rotated=None)
