"""What the exit codes of `soc2` mean."""

from enum import IntEnum

from soc2_guardrails.evidence.predicates import Result


class Exit(IntEnum):
    """An exit code; 130 besides, for a run that was interrupted."""

    FINE = 0
    COULD_NOT_RUN = 1
    REFUSED = 2
    DRIFT = 3
    INTERRUPTED = 130


def code_of(result: Result) -> Exit:
    """The exit code of a run that ended so."""
    match result:
        case Result.SUCCEEDED:
            return Exit.FINE
        case Result.REFUSED:
            return Exit.REFUSED
        case Result.INTERRUPTED:
            return Exit.INTERRUPTED
        case Result.FAILED | Result.DECLINED:
            return Exit.COULD_NOT_RUN
