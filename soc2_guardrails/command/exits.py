"""What the exit codes of `soc2` mean."""

from enum import IntEnum


class Exit(IntEnum):
    """An exit code; 130 besides, for a run that was interrupted."""

    FINE = 0
    COULD_NOT_RUN = 1
    REFUSED = 2
    DRIFT = 3
    INTERRUPTED = 130
