"""Which secret managers each stack refers to, and whether they could be asked. No secret is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from soc2_guardrails.secrets import Failure, Reference, schemes
from soc2_guardrails.secrets.registry import open_source
from soc2_guardrails.secrets.source import Prepared
from soc2_guardrails.settings import SettingsError, stack_names, stack_references

from .finding import Finding, ok, problem, warning

_AREA: Final = "secret source"
_ENVIRONMENT: Final = "env"


def secret_managers(folder: Path, stacks: Sequence[str], environment: Mapping[str, str]) -> Iterator[Finding]:
    """For each stack and manager: how many references there are, and whether library and credentials are there.

    What is missing here may be there where the stack is run, so it is a warning.

    Args:
        folder: the folder of the stack files.
        stacks: the stacks to look at; all that have a file if there are none.
        environment: where `env://` leads and credentials are named.
    """
    references: dict[str, frozenset[Reference]] = {}
    for stack in stacks or stack_names(folder):
        try:
            references[stack] = stack_references(folder, stack)
        except SettingsError:
            yield problem(_AREA, f"{stack}: its file is refused, so that its references are not known", _check(stack))
    everything = frozenset().union(*references.values())
    for scheme in schemes():
        of_scheme = [each for each in everything if each.scheme == scheme]
        if scheme == _ENVIRONMENT or not of_scheme:
            continue
        lacking = _lacking(scheme, of_scheme, environment)
        for stack, each in references.items():
            if count := sum(reference.scheme == scheme for reference in each):
                yield _of_a_manager(_counted(stack, count, scheme), lacking)
    for stack, each in references.items():
        if names := sorted(reference.path for reference in each if reference.scheme == _ENVIRONMENT):
            unset = [name for name in names if not environment.get(name)]
            yield _of_the_environment(_counted(stack, len(names), _ENVIRONMENT), unset)


def _of_a_manager(what: str, lacking: Failure | str | None) -> Finding:
    if isinstance(lacking, Failure):
        return warning(_AREA, f"{what}; {lacking.text}", "docs/secrets.md, Signing in, says what each manager needs")
    return ok(_AREA, f"{what}; {lacking or 'its library is there and finds credentials'}")


def _of_the_environment(what: str, unset: Sequence[str]) -> Finding:
    if not unset:
        return ok(_AREA, f"{what}; each is set")
    return warning(_AREA, f"{what}; not set: {', '.join(unset)}", "export them, or refer to a secret manager")


def _lacking(scheme: str, references: Sequence[Reference], environment: Mapping[str, str]) -> Failure | str | None:
    """A failure, or what cannot be told, or None if all is there."""
    source = open_source(scheme, environment)
    if isinstance(source, Failure):
        return source
    if not isinstance(source, Prepared):
        return "its library is there; whether there are credentials shows when it is asked"
    return source.lacking(references)


def _counted(stack: str, count: int, scheme: str) -> str:
    return f"{stack}: {count} reference{'s' if count > 1 else ''} to {scheme}://"


def _check(stack: str) -> str:
    return f"soc2 stacks check {stack}"
