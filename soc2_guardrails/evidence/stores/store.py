"""The interface of a store: names that are given once, and one thing that may be replaced, a chain's head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class StoreError(Exception):
    """The store cannot be read or written; the message says which one, why, and what to do."""


class TakenError(StoreError):
    """The name is taken: somebody else was first."""


class Store(Protocol):
    """Keeps named content. Names are slash-separated paths of `[A-Za-z0-9._-]` parts.

    Every method raises StoreError for what is wrong with the store itself.
    """

    def described(self) -> str:
        """What it is and where, without credentials, for messages."""
        ...

    def create(self, name: str, content: bytes) -> None:
        """Store new content, whole or not at all; it outlives a crash once this returns.

        Raises:
            TakenError: the name is there already. Of two that create one name at once, exactly one succeeds.
        """
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Store content under a name that may be there already."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a name, None if there is none.

        It may be some seconds old where another process writes; only `create` decides who was first.
        """
        ...

    def entries(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Names directly below a folder, with their content, in the order of the names."""
        ...

    def names(self, folder: str = "") -> list[str]:
        """All names at any depth below a folder, in order."""
        ...
