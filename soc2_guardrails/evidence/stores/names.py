"""What may be the name of something in a store."""

from __future__ import annotations

import re

from .store import StoreError

_PART = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_RESERVED = {".", "..", ".git"}
"""Steps of a path, and what git refuses to hold."""


def is_name(name: str) -> bool:
    """Whether this is a slash-separated path of `[A-Za-z0-9._-]` parts that leads nowhere else."""
    return all(_PART.fullmatch(part) and part.lower() not in _RESERVED for part in name.split("/"))


def checked(name: str) -> str:
    """The name, if it is one.

    Raises:
        StoreError: it is not; nothing is looked up or written under it.
    """
    if not is_name(name):
        raise StoreError(
            f"{name!r} cannot be a name in an evidence store: use parts of letters, digits, '.', '_' and '-', "
            "separated by '/'"
        )
    return name


def checked_folder(folder: str) -> str:
    """The folder's name if it is one; the empty name is the whole store.

    Raises:
        StoreError: it is not a name.
    """
    return checked(folder) if folder else ""
