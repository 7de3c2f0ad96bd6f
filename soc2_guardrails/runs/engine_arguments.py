"""Which arguments after `--` go to `pulumi`: those that cannot change what judges, or whether it is asked.

Everything else is refused, also what a later CLI may bring: nobody has looked at what it does to the judging.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .errors import RunError

_TAKES_A_VALUE: Final = frozenset(
    {
        "--attach-debugger",
        "--config",
        "--config-file",
        "--exclude",
        "--message",
        "--otel-traces",
        "--parallel",
        "--profiling",
        "--replace",
        "--target",
        "--target-replace",
        "--tracing",
        "--verbose",
        "-c",
        "-m",
        "-p",
        "-t",
        "-v",
    }
)
_SWITCHES: Final = frozenset(
    {
        "--config-path",
        "--continue-on-error",
        "--debug",
        "--disable-integrity-checking",
        "--exclude-dependents",
        "--expect-no-changes",
        "--logflow",
        "--logtostderr",
        "--refresh",
        "--run-program",
        "--skip-config-validation",
        "--skip-plugin-pre-install",
        "--suppress-outputs",
        "--suppress-permalink",
        "--target-dependents",
        "-d",
        "-r",
    }
)
_ELSEWHERE: Final = {
    "--policy-pack": "give it to soc2, before the --",
    "--policy-pack-config": "give it to soc2, before the --",
    "--stack": "give it to soc2, before the --",
    "-s": "give it to soc2, before the --",
    "--cwd": "give it to soc2, before the subcommand",
    "-C": "give it to soc2, before the subcommand",
    "--json": "give it to soc2, before the --",
    "-j": "give it to soc2, before the --",
    "--yes": "give it to soc2, before the --",
    "-y": "give it to soc2, before the --",
    "--plan": "soc2 makes its own plan, of the preview that was judged",
    "--save-plan": "soc2 makes its own plan, of the preview that was judged",
    "--skip-preview": "soc2 has to preview what it judges",
    "-f": "soc2 has to preview what it judges",
    "--event-log": "soc2 reads the event log itself",
    "--show-secrets": "it writes secrets in plain text",
}
PARTIAL: Final = frozenset({"--target", "-t", "--target-replace", "--exclude"})
"""Arguments after which the engine looks at a part of the stack only."""


class ArgumentRefused(RunError):
    """An argument after `--` is not passed on; the message says why."""


def checked(arguments: Sequence[str]) -> tuple[str, ...]:
    """The arguments, each of which may go to `pulumi preview` and `pulumi up`.

    Raises:
        ArgumentRefused: one could change what is judged, or is not known.
    """
    rest = iter(arguments)
    for argument in rest:
        name, given, _ = argument.partition("=")
        if name in _TAKES_A_VALUE:
            if not given and next(rest, None) is None:
                raise ArgumentRefused(f"{name} after -- takes a value, and there is none")
        elif name not in _SWITCHES:
            if not name.startswith("-"):
                raise ArgumentRefused(f"soc2 takes no argument {name!r}; name a stack with --stack {name}")
            why = _ELSEWHERE.get(name, "it is none of those that are known to leave the judging alone")
            raise ArgumentRefused(f"soc2 does not pass {name} on to pulumi: {why}")
    return tuple(arguments)


def is_partial(arguments: Sequence[str]) -> bool:
    """Whether the engine is told to look at a part of the stack only."""
    return any(argument.partition("=")[0] in PARTIAL for argument in arguments)
