"""What goes wrong with evidence, other than in its store."""


class EvidenceError(Exception):
    """A record cannot be made, read or believed; the message says which one and why."""
