"""The number by which a provider learns that a write-only value is another one."""

import hashlib
from datetime import UTC
from typing import Final

from .reference import Reference
from .source import Fetched

_BITS: Final = 52
"""Fits the integers that a double holds exactly (53 bits), as which JSON numbers travel."""


def write_only_version(reference: Reference, fetched: Fetched) -> int | None:
    """A number that changes whenever the manager's version does, from 1 to 2^52.

    It is made of the place, of the manager's name of the version and of the time at which that version was made, so
    that a secret recreated with the same version number has another one. The value has no part in it, so the number
    gives nothing away. Two versions share a number with a chance of 1 in 4.5e15; a rotation would go unseen then.
    Pinning a reference to the version that it has anyway changes nothing.

    Returns:
        None where the manager has no versions: such a value can only be compared by itself.
    """
    if fetched.version is None:
        return None
    made = fetched.rotated.astimezone(UTC).isoformat() if fetched.rotated else ""
    identity = "\0".join((str(reference.unpinned), fetched.version, made))
    digest = hashlib.sha256(identity.encode()).digest()
    return (int.from_bytes(digest, "big") & ((1 << _BITS) - 1)) + 1
