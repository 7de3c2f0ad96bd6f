"""What the engine is doing while it asks the pack, which decides what a value means that no rule can read."""

from __future__ import annotations

from enum import Enum


class Operation(Enum):
    """A run of the engine, in the words of the decision journal."""

    PREVIEW = "preview"  # a value that cannot be read is one that the update will know
    UPDATE = "update"  # every value should be known by now
    STORED_STATE = "stored state"  # `pulumi policy analyze`: what cannot be read is a secret that was not decrypted
