"""The policy pack: that it is the one that is meant, starts, and can read its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from soc2_guardrails.packs import PackError, describe, pack_digest
from soc2_guardrails.packs.waivers import PACK, examine
from soc2_guardrails.workspace import Workspace

from .finding import Finding, ok, problem, warning

_PACK: Final = "policy pack"
_CONFIGURATION: Final = "pack settings"


def pack(workspace: Workspace) -> Iterator[Finding]:
    """The pack of the workspace."""
    try:
        told = describe(workspace.pack)
        digest = pack_digest(workspace.pack)
    except PackError as error:
        yield problem(_PACK, str(error).splitlines()[0], "see soc2 rules list")
        return
    except OSError as error:
        yield problem(_PACK, f"{error.filename}: {error.strerror}", "make the pack's files readable")
        return
    stated = workspace.settings.policy_pack.digest
    if stated and stated != digest:
        yield problem(
            _PACK,
            f"{workspace.pack} is {digest}, and soc2.yaml asks for {stated}",
            "take the pack that was reviewed, or review this one and state its digest",
        )
    else:
        pinned = ", as soc2.yaml asks" if stated else ""
        rules = sum(rule.id != PACK for rule in told.rules)
        yield ok(_PACK, f"{told.name} {told.version} with {_counted(rules, 'rule')}, {digest}{pinned}")
    yield from _configuration(workspace)


def _configuration(workspace: Workspace) -> Iterator[Finding]:
    file = workspace.pack_configuration
    if file is None:
        yield ok(_CONFIGURATION, "none: every rule is mandatory, and there are no waivers")
        return
    try:
        found = examine(workspace.pack, file)
    except PackError as error:
        what, _, mend = str(error).partition("\nmend: ")
        yield problem(_CONFIGURATION, what.splitlines()[0], mend or "see docs/configuration.md")
        return
    faulty = _counted(sum(len(waiver.faults) for waiver in found.waivers) + len(found.faults), "fault")
    if not found.readable:
        yield problem(_CONFIGURATION, f"{file} cannot be read by the pack: {faulty}", "soc2 waivers check")
    elif not found.sound:
        yield problem(_CONFIGURATION, f"{file}: {faulty}", "soc2 waivers check")
    elif found.silenced:
        yield warning(_CONFIGURATION, f"{file} makes advisories of faulty waivers", "leave the policy `pack` mandatory")
    else:
        yield ok(_CONFIGURATION, f"{file}, {_counted(len(found.waivers), 'waiver')}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else f'{noun}s'}"
