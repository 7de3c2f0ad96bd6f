"""The engine's event log (`--event-log FILE`): what it was about to do, and what the policy packs reported.

The log is written by the engine, one JSON object a line. It tells violations and changes; it does not tell what
passed (its `passed` lists name every rule that ignored a resource), so nothing here claims that.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class EventLogError(Exception):
    """An event log is not what an engine writes, so nothing can be concluded from it."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__(
            f"{path}, line {number}: is no event of the Pulumi engine, so the log tells nothing for certain; "
            "delete the file and run the operation again"
        )


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """One message of a policy.

    Attributes:
        policy: the policy's name, e.g. `env-secret-must-be-sensitive`.
        urn: the resource it is reported on.
        level: `mandatory` or `advisory`.
        severity: `low`, `medium`, `high` or `critical`; empty where the pack states none.
        message: as the pack wrote it.
        pack: the pack's name; empty where it is not told.
    """

    policy: str
    urn: str
    level: str
    severity: str
    message: str
    pack: str = ""

    @classmethod
    def of_event(cls, told: Mapping[str, Any]) -> Self:
        """What a `policyEvent` of the log tells.

        Raises:
            KeyError: it lacks what every such event has.
        """
        return cls(
            policy=told["policyName"],
            urn=told.get("resourceUrn", ""),
            level=told["enforcementLevel"],
            severity=told.get("severity", ""),
            message=told["message"].strip(),
            pack=told.get("policyPackName", ""),
        )

    @property
    def is_violation(self) -> bool:
        """Whether it stops the run."""
        return self.level == "mandatory"

    @property
    def resource_type(self) -> str:
        """The resource's type without package and module, e.g. `ProjectEnvironmentVariable`."""
        return _parts(self.urn)[2].split("$")[-1].rpartition(":")[2]

    @property
    def resource_name(self) -> str:
        """The resource's logical name."""
        return _parts(self.urn)[3]


@dataclass(frozen=True, slots=True)
class EventLog:
    """What one run left in its log.

    Attributes:
        reports: every message of a policy, in order.
        changes: number of resources by operation (`create`, `same`, ...), empty if the run did not get so far.
        packs: the version of each policy pack that judged, by the engine's name for the pack.
    """

    reports: tuple[PolicyReport, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    packs: Mapping[str, str] = field(default_factory=dict)

    @property
    def violations(self) -> tuple[PolicyReport, ...]:
        """The reports that stop the run."""
        return tuple(report for report in self.reports if report.is_violation)

    @property
    def changed(self) -> int:
        """How many resources were to be changed."""
        return sum(count for operation, count in self.changes.items() if operation != "same")


def read_event_log(path: Path) -> EventLog:
    """Reads an event log; a last line that a killed engine left half-written is passed over.

    Raises:
        OSError: the file cannot be read.
        EventLogError: another line is no event.
    """
    reports: list[PolicyReport] = []
    changes: Counter[str] = Counter()
    packs: dict[str, str] = {}
    # Not `splitlines`, which also splits at characters that a resource's name may hold.
    *lines, last = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for number, line in enumerate([*lines, *_if_whole(last)], start=1):
        try:
            event: dict[str, Any] = json.loads(line)
            if (told := event.get("policyEvent")) is not None:
                reports.append(PolicyReport.of_event(told))
            elif (summary := event.get("summaryEvent")) is not None:
                changes.update(summary.get("resourceChanges") or {})
                packs.update(summary.get("PolicyPacks") or {})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EventLogError(path, number) from None
    return EventLog(tuple(reports), changes, packs)


def _if_whole(last: str) -> list[str]:
    """What stands behind the last line break, if it was written to its end."""
    try:
        json.loads(last)
    except ValueError:
        return []
    return [last]


def _parts(urn: str) -> tuple[str, str, str, str]:
    """Stack, project, type and name, of which only the name may hold `::` itself; only a name if it is no URN."""
    match urn.split("::", 3):
        case [stack, project, kind, name]:
            return stack, project, kind, name
        case _:
            return "", "", "", urn
