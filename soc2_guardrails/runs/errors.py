"""What keeps a run from being made."""


class RunError(Exception):
    """A run cannot be made, or cannot be put on record; the message says why and what to do."""
