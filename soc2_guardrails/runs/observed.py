"""What the engine's event log says of one run, taken in event by event while the engine writes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from soc2_guardrails.engine.events import PolicyReport

_MARKUP = re.compile(r"<\{%[^%]*%\}>")
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's public mark, not a credential
MASK: Final = "[secret]"
_PROVIDER_TYPE: Final = "pulumi:providers:"

SAME: Final = "same"
"""The engine's word for a resource that does not change."""

REFRESH: Final = "refresh"
"""The engine's word for looking at a resource where it is; what it does to the resource comes after."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the engine does to one resource.

    Attributes:
        operation: the engine's word: `create`, `update`, `delete`, `replace`, `same`, ...
        urn: of the resource.
        parent: URN of its parent, empty for none.
        properties: names of the properties that differ.
        logical: whether it is a step a reader thinks of; a replacement has others besides.
    """

    operation: str
    urn: str
    parent: str = ""
    properties: tuple[str, ...] = ()
    logical: bool = True


class Stage(Enum):
    """How far a step is."""

    BEGAN = "began"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step, and how far it is now."""

    step: Step
    stage: Stage


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the program, a provider or the engine: `info`, `warning` or `error`, on one line or more."""

    severity: str
    urn: str
    message: str


Seen: TypeAlias = StepSeen | Diagnostic | PolicyReport
"""What an event means to somebody who looks on."""


@dataclass(slots=True)
class Observed:
    """What was seen so far.

    Attributes:
        reports: every message of a policy, in order.
        packs: name of the pack that each report came from.
        steps: by URN, what the engine set out to do; the last word on each resource.
        done: URNs whose step was carried out.
        failed: URNs whose step failed.
        diagnostics: what was said, in order; debug and fleeting messages left out.
        changes: number of resources by operation, from the engine's summary.
        summarized: whether the engine came to its summary, as one that was killed does not.
        versions: the policy packs by the engine's name for them, with their versions.
        plugins: version of each provider.
        outputs: names and values of the stack's outputs as the log has them, secrets masked.
    """

    reports: list[PolicyReport] = field(default_factory=list)
    packs: set[tuple[str, str]] = field(default_factory=set)
    steps: dict[str, Step] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    summarized: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def take(self, event: Mapping[str, Any]) -> Seen | None:
        """Takes in one event, and gives what it means to somebody who looks on; None for nothing."""
        if told := event.get("policyEvent"):
            return self._report(told)
        if told := event.get("diagnosticEvent"):
            return self._diagnostic(told)
        if told := event.get("resourcePreEvent"):
            return self._seen(told["metadata"], Stage.BEGAN)
        if told := event.get("resOutputsEvent"):
            self._outputs(told["metadata"])
            return self._seen(told["metadata"], Stage.DONE)
        if told := event.get("resOpFailedEvent"):
            return self._seen(told["metadata"], Stage.FAILED)
        if told := event.get("summaryEvent"):
            self.summarized = True
            self.changes.update(told.get("resourceChanges") or {})
            self.versions.update(told.get("PolicyPacks") or {})
        return None

    def parent_of(self, urn: str) -> str:
        """The URN of a resource's parent, empty where the run did not tell."""
        step = self.steps.get(urn)
        return step.parent if step else ""

    def _report(self, told: Mapping[str, Any]) -> PolicyReport:
        report = PolicyReport.of_event(told)
        self.reports.append(report)
        self.packs.add((told.get("policyPackName", ""), told.get("policyPackVersion", "")))
        return report

    def _diagnostic(self, told: Mapping[str, Any]) -> Diagnostic | None:
        if told.get("severity") == "debug" or told.get("ephemeral"):
            return None
        message = _MARKUP.sub("", told.get("message", "")).rstrip()
        if not message:
            return None
        severity = {"info#err": "info"}.get(told.get("severity", ""), told.get("severity", ""))
        said = Diagnostic(severity, told.get("urn", ""), message)
        self.diagnostics.append(said)
        return said

    def _seen(self, metadata: Mapping[str, Any], stage: Stage) -> StepSeen | None:
        step = self._step(metadata)
        if not step.logical:
            return None
        if stage is Stage.DONE:
            self.done.add(step.urn)
        elif stage is Stage.FAILED:
            self.failed.add(step.urn)
        return StepSeen(step, stage)

    def _step(self, metadata: Mapping[str, Any]) -> Step:
        state: Mapping[str, Any] = metadata.get("new") or metadata.get("old") or {}
        urn = metadata["urn"]
        step = Step(
            operation=metadata["op"],
            urn=urn,
            parent=state.get("parent", ""),
            properties=tuple(sorted({*(metadata.get("diffs") or ()), *(metadata.get("detailedDiff") or ())})),
            logical=bool(metadata.get("logical", True)),
        )
        if step.logical or urn not in self.steps:
            self.steps[urn] = step
        kind = metadata.get("type", "")
        if kind.startswith(_PROVIDER_TYPE):
            version = (state.get("inputs") or {}).get("version", "")
            self.plugins[kind.removeprefix(_PROVIDER_TYPE)] = str(version)
        return step

    def _outputs(self, metadata: Mapping[str, Any]) -> None:
        if metadata.get("type") == "pulumi:pulumi:Stack":
            self.outputs = _masked((metadata.get("new") or {}).get("outputs") or {})


def _masked(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value with a word for each secret, of which the log has no content."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return MASK
        return {key: _masked(each) for key, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list) else value
