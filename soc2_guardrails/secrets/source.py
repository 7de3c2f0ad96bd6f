"""What a secret manager looks like to this project: one small interface, and what it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, runtime_checkable

from .reference import Reference

_VERSION: Final = re.compile(r"[\x21-\x7e]{1,64}")


def one_line(text: str) -> str:
    """A text without line ends and other control characters, which a terminal would obey."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text).split())


class FailureKind(StrEnum):
    """Why a secret cannot be used."""

    NOT_CONFIGURED = "not configured"
    """The source is not known or not installed, or does not know which server or account to ask."""
    NOT_AUTHENTICATED = "not authenticated"
    """There are no credentials, or the manager takes them for wrong or expired."""
    DENIED = "denied"
    NOT_FOUND = "not found"
    NO_FIELD = "no such field"
    DELETED = "deleted"
    """The secret or its version was deleted, destroyed, disabled or is about to be."""
    EMPTY = "empty"
    NOT_JSON = "not JSON"
    NOT_TEXT = "not text"
    SEALED = "sealed"
    THROTTLED = "throttled"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """Anything else that the manager answers, or does not answer properly."""


OF_THE_WHOLE_MANAGER: Final = frozenset(
    {
        FailureKind.NOT_CONFIGURED,
        FailureKind.NOT_AUTHENTICATED,
        FailureKind.SEALED,
        FailureKind.THROTTLED,
        FailureKind.TIMED_OUT,
        FailureKind.UNREACHABLE,
    }
)
"""Failures that meet every secret of a manager: after the first, and its retries, asking on is waiting for nothing."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A secret's value and what the manager says of it."""

    value: str = field(repr=False)
    version: str | None
    """The manager's own name of the version; None where it has no versions. At most 64 printable characters."""
    rotated: datetime | None
    """When this version was made, with a time zone; None where the manager does not tell."""

    def __post_init__(self) -> None:
        """Hold the source to what is promised.

        Raises:
            ValueError: When the version or the time is not as described. The message has neither.
        """
        if self.version is not None and not _VERSION.fullmatch(self.version):
            raise ValueError("a version has 1 to 64 printable characters")
        if self.rotated is not None and self.rotated.tzinfo is None:
            raise ValueError("a time of rotation has a time zone")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no value."""

    kind: FailureKind
    text: str
    """What is wrong and how to mend it, with the manager's own words where it has any; one line, never a value."""

    def __post_init__(self) -> None:
        """Make one line of it that a terminal can show."""
        object.__setattr__(self, "text", one_line(self.text))


Answer: TypeAlias = Fetched | Failure


class Source(Protocol):
    """A secret manager.

    It is made with the environment of the process as its one argument (`Mapping[str, str]`), once a run, and only
    when a reference has its scheme. A plugin names its class, or a function that makes it, as an entry point of the
    group `soc2_guardrails.secret_sources` whose name is the scheme.
    """

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer every reference, all of which have the source's scheme.

        Called once, with all there are, so that reads can be batched and concurrent. Errors that may pass are
        retried with back-off, by the client library's own means where it has them. Nothing is raised for a
        reference that cannot be answered: it gets a `Failure`.
        """
        ...


@runtime_checkable
class Prepared(Protocol):
    """What a source may have beside `fetch`: it tells before any secret is read that none could be."""

    def lacking(self, references: Sequence[Reference]) -> Failure | None:
        """What is missing to sign in, None where nothing is; no secret is read, and no manager is asked."""
        ...
