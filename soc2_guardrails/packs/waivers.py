"""The waivers of a policy configuration, and what the pack itself finds wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from pulumi.runtime.proto import analyzer_pb2 as pb

from .configuration import read_configuration
from .errors import ConfigurationRefusedError
from .session import PackSession

PACK: Final = "pack"
"""The policy whose properties concern the pack as a whole."""
_ALL: Final = "all"
"""What the engine calls every policy that has no level of its own."""
_ADVISING: Final = frozenset({"advisory", "disabled"})
"""The levels of `pack` that make advisories of faults; `remediate` is mandatory where there is nothing to remediate."""
_PLACE: Final = re.compile(r"pack\.waivers\[(\d+)\]")
_NAME: Final = "check"
"""Stack and project of a run that is none."""


@dataclass(frozen=True)
class StatedWaiver:
    """A waiver, as the configuration states it; what it leaves out is empty.

    Attributes:
        index: its place in the configuration, from 0.
        ticket: where it was discussed.
        approver: who answers for it.
        reason: why the violation is accepted.
        opened: the day it was approved.
        expires: the last day it holds, by UTC.
        days_left: days from today to `expires`; 0 on the last day, None where that is no date.
        rules: the rules that it waives.
        urns: the resources that it waives them for.
        faults: what the pack finds wrong with it; a waiver with a fault waives nothing.
    """

    index: int
    ticket: str
    approver: str
    reason: str
    opened: str
    expires: str
    days_left: int | None
    rules: tuple[str, ...]
    urns: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Examined:
    """What was found.

    Attributes:
        file: the configuration.
        waivers: in the order of the configuration.
        faults: what is wrong with the rest of the configuration.
        readable: whether the pack can read it; a run with one that it cannot read ends before anything is judged.
        silenced: whether the configuration makes advisories of faults.
    """

    file: Path
    waivers: tuple[StatedWaiver, ...]
    faults: tuple[str, ...]
    readable: bool
    silenced: bool

    @property
    def sound(self) -> bool:
        """Whether the pack finds nothing wrong."""
        return not self.faults and not any(waiver.faults for waiver in self.waivers)


def examine(pack: Path, configuration: Path, *, today: date | None = None) -> Examined:
    """Let a pack judge the configuration in a file, as the engine would hand it over.

    Args:
        pack: the folder of the pack.
        configuration: the file for the engine's `--policy-pack-config`.
        today: what days are counted from; the pack goes by the day it is.

    Raises:
        PackError: the pack cannot be asked, or the file cannot be used.
    """
    stated = read_configuration(configuration)
    of_pack = stated.get(PACK)
    properties = of_pack if isinstance(of_pack, Mapping) else {}
    faults, readable = _faults(pack, configuration)
    listed = properties.get("waivers")
    waivers = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else []
    by_waiver: dict[int, list[str]] = {}
    others = []
    for fault in faults:
        if (place := _PLACE.search(fault)) and int(place[1]) < len(waivers):
            by_waiver.setdefault(int(place[1]), []).append(fault)
        else:
            others.append(fault)
    day = today or datetime.now(UTC).date()
    return Examined(
        configuration,
        tuple(_waiver(at, each, tuple(by_waiver.get(at, ())), day) for at, each in enumerate(waivers)),
        tuple(others),
        readable,
        (_level(of_pack) or _level(stated.get(_ALL))) in _ADVISING,
    )


def _level(of_policy: object) -> object:
    """The level that a configuration states for a policy, by itself or among its properties; None for none."""
    return of_policy.get("enforcementLevel") if isinstance(of_policy, Mapping) else of_policy


class _Strict(PackSession):
    """A session in which faults of waivers are violations, whatever the configuration makes of them."""

    def _request(self) -> pb.ConfigureAnalyzerRequest:
        request = super()._request()
        request.policyConfig[PACK].enforcementLevel = pb.MANDATORY
        return request


def _faults(pack: Path, configuration: Path) -> tuple[list[str], bool]:
    root = pb.AnalyzerResource(
        type="pulumi:pulumi:Stack",
        urn=f"urn:pulumi:{_NAME}::{_NAME}::pulumi:pulumi:Stack::{_NAME}-{_NAME}",
        name=f"{_NAME}-{_NAME}",
    )
    try:
        with _Strict(pack, project=_NAME, stack=_NAME, configuration=configuration) as session:
            told = session.analyze_stack([root])
    except ConfigurationRefusedError as refused:
        return list(refused.problems), False
    # An advisory says that a waiver was of no use in this stack, which holds nothing.
    own = (each for each in told if each.policyName == PACK and each.enforcementLevel == pb.MANDATORY)
    return [each.message for each in own], True


def _waiver(index: int, stated: object, faults: tuple[str, ...], today: date) -> StatedWaiver:
    given: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
    matches = given.get("matches")
    each = [match for match in matches if isinstance(match, Mapping)] if isinstance(matches, list) else []
    return StatedWaiver(
        index=index,
        faults=faults,
        days_left=_days(given.get("expires"), today),
        rules=_texts(each, "policies"),
        urns=_texts(each, "urns"),
        **{key: str(given.get(key, "")) for key in ("ticket", "approver", "reason", "opened", "expires")},
    )


def _texts(matches: Sequence[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    stated = (match.get(key) for match in matches)
    return tuple(dict.fromkeys(str(text) for texts in stated if isinstance(texts, list) for text in texts))


def _days(expires: object, today: date) -> int | None:
    try:
        return (date.fromisoformat(str(expires)) - today).days
    except ValueError:
        return None
