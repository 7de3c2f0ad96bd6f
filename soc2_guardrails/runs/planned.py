"""What a preview planned, as a file: enough to judge it again on another machine, and no secret.

The engine's event log has operations, inputs and outputs with its marks for secrets and unknown values; the steps of
`pulumi preview --json` have what each property was computed from, and no marks. A planned state is both together. The
content of everything marked as secret is left out, whatever the engine wrote there.

The file may come from a machine that somebody else's program ran on: it is read as data of a stranger.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from soc2_guardrails.evidence.predicates import Change
from soc2_guardrails.terminal import printable

from .errors import RunError

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's public mark, not a credential
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
STACK_TYPE: Final = "pulumi:pulumi:Stack"

FORMAT: Final = "soc2-guardrails/planned-state/v1"
MASK: Final = {SIGNATURE: SECRET}
"""What stands in a planned state for a secret."""

_LARGEST: Final = 256 * 1024 * 1024
"""Bytes; a state of 10,000 resources has some 40 MB."""

_DEEPEST: Final = 64
_EXACT: Final = 2**53
_SHOWN: Final = 3

_SAME: Final = frozenset({"same"})
_READS: Final = frozenset({"read", "read-replacement"})
_GONE: Final = frozenset(
    {"delete", "delete-replaced", "discard", "discard-replaced", "read-discard", "remove-pending-replace"}
)


class UnreadablePlan(RunError):
    """A planned state cannot be read or made; the message names the file, the place and the mend."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel, populate_by_name=True)


_Text = Annotated[str, Field(max_length=10_000)]


class PlannedResource(_Strict):
    """One resource of the plan.

    Attributes:
        urn: its URN.
        type: its type token.
        operation: the engine's word for what happens to it.
        parent: URN of its parent, empty for none.
        inputs: its checked inputs, secrets as `MASK`, unknown values as the engine's sentinel.
        outputs: its planned outputs, likewise; what is deleted has none.
        dependencies: for each property the URNs that it was computed from.
        properties: names of the properties that differ from what is there.
    """

    urn: _Text
    type: _Text
    operation: _Text
    parent: _Text = ""
    inputs: Mapping[str, Any] = Field(default_factory=dict)
    outputs: Mapping[str, Any] = Field(default_factory=dict)
    dependencies: Mapping[str, list[str]] = Field(default_factory=dict)
    properties: list[str] = Field(default_factory=list)

    @property
    def name(self) -> str:
        """The logical name, the last part of the URN."""
        return self.urn.split("::", 3)[-1]

    @property
    def stays(self) -> bool:
        """Whether the resource is there once the plan is carried out."""
        return self.operation not in _GONE

    @property
    def is_declared(self) -> bool:
        """Whether the program declares it; one that it only reads is somebody else's."""
        return self.stays and self.operation not in _READS

    @property
    def changes(self) -> bool:
        """Whether anything happens to it."""
        return self.operation not in _SAME | _READS


class PlannedState(_Strict):
    """All resources of a stack as a preview planned them, in the order the engine came to them.

    Attributes:
        project: the project's name.
        stack: the stack's name, as in URNs.
        sandbox: whether it was planned against an embedded account, so that nothing of it is evidence.
        resources: the resources.
    """

    format: Literal["soc2-guardrails/planned-state/v1"] = FORMAT
    project: _Text
    stack: _Text
    sandbox: bool
    resources: list[PlannedResource]

    def changes(self) -> tuple[Change, ...]:
        """What is to change, by URN and operation."""
        found = [
            Change(operation=each.operation, urn=each.urn, properties=tuple(each.properties))
            for each in self.resources
            if each.changes
        ]
        return tuple(sorted(found, key=lambda change: (change.urn, change.operation)))

    @property
    def digest(self) -> str:
        """The SHA-256 of its canonical JSON (RFC 8785), as `sha256:<hex>`."""
        return digest_of(self.model_dump(mode="json", by_alias=True))

    def write(self, path: Path) -> None:
        """Writes the file.

        Raises:
            OSError: it cannot be written.
        """
        path.write_text(self.model_dump_json(by_alias=True), encoding="utf-8")


def read_planned(path: Path) -> PlannedState:
    """Reads the file of a planned state.

    Raises:
        UnreadablePlan: it cannot be read, is cut off, or is not what `PlannedState.write` writes.
    """
    mend = "preview again with --planned, and hand the file over as it is"
    document = _document(path, mend)
    try:
        state = PlannedState.model_validate(document)
    except ValidationError as error:
        first, *more = error.errors(include_input=False, include_url=False)
        place = printable(".".join(map(str, first["loc"]))) or "the file"
        raise UnreadablePlan(
            f"{path}: {place}: {printable(first['msg'])}{f' ({len(more)} more faults)' if more else ''}\nmend: {mend}"
        ) from None
    for number, each in enumerate(state.resources):
        _check(each, f"{path}: resources[{number}]", state)
    if not any(each.type == STACK_TYPE and each.stays for each in state.resources):
        raise UnreadablePlan(f"{path}: the stack's own resource is missing, so this is no whole plan\nmend: {mend}")
    return state


def assemble(event_log: Path, steps: str, *, project: str, stack: str, sandbox: bool) -> PlannedState:
    """Makes the planned state of a preview that came to its end, whether it was allowed or refused.

    Args:
        event_log: what `--event-log` wrote.
        steps: what `pulumi preview --json --show-sames` printed, as text.
        project: the project's name.
        stack: the stack's name, as in URNs.
        sandbox: whether the account is an embedded one.

    Raises:
        UnreadablePlan: a file cannot be read, or the preview ended before it had planned the stack.
    """
    mend = "see why the preview ended early, and preview again"
    resources: dict[tuple[str, bool], PlannedResource] = {}
    dependencies = _dependencies(_parsed(steps, "the steps of the preview", mend))
    summarized = False
    for event in _events(event_log):
        summarized = summarized or "summaryEvent" in event
        told = event.get("resOutputsEvent") or event.get("resourcePreEvent")
        if not told:
            continue
        planned = _planned(told["metadata"], dependencies)
        before = resources.get(key := (planned.urn, planned.stays))
        if before and planned.operation == "replace":
            continue  # says only that a creation and a deletion belong together
        resources[key] = planned
    if not summarized:
        raise UnreadablePlan(f"{event_log}: the preview ended before it had planned the stack\nmend: {mend}")
    return PlannedState(project=project, stack=stack, sandbox=sandbox, resources=list(resources.values()))


def digest_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """The SHA-256 of a JSON value's canonical form (RFC 8785), as `sha256:<hex>`."""
    return f"sha256:{hashlib.sha256(rfc8785.dumps(_canonical(value))).hexdigest()}"


def _planned(metadata: Mapping[str, Any], dependencies: Mapping[str, Mapping[str, list[str]]]) -> PlannedResource:
    operation: str = metadata["op"]
    state: Mapping[str, Any] = metadata.get("new") or metadata.get("old") or {}
    stays = operation not in _GONE
    return PlannedResource(
        urn=metadata["urn"],
        type=metadata["type"],
        operation=operation,
        parent=state.get("parent") or "",
        inputs=_masked(state.get("inputs") or {}) if stays else {},
        outputs=_masked(state.get("outputs") or {}) if stays else {},
        dependencies=dependencies.get(metadata["urn"], {}) if stays else {},
        properties=sorted({*(metadata.get("diffs") or ()), *(metadata.get("detailedDiff") or ())}),
    )


def _masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return dict(MASK)
        return {key: _masked(each) for key, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list) else value


def _dependencies(document: Any) -> dict[str, dict[str, list[str]]]:  # noqa: ANN401 - any JSON value
    found: dict[str, dict[str, list[str]]] = {}
    for step in document.get("steps") or ():
        state = step.get("newState") or {}
        found[step["urn"]] = {key: urns for key, urns in (state.get("propertyDependencies") or {}).items() if urns}
    return found


def _events(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        # Not `splitlines`, which also splits at characters that a resource's name may hold.
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the end of the file, or what a killed engine left of a line
    except OSError as error:
        raise UnreadablePlan(f"{path}: {error.strerror}") from error


def _document(path: Path, mend: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadablePlan(f"{path}: more than {_LARGEST // 1024**2} MB\nmend: {mend}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadablePlan(f"{path}: {error.strerror}\nmend: {mend}") from error
    except UnicodeDecodeError:
        raise UnreadablePlan(f"{path}: this is no UTF-8\nmend: {mend}") from None
    return _parsed(text, str(path), mend)


def _parsed(text: str, where: str, mend: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f"line {error.lineno}, column {error.colno}: " if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadablePlan(f"{where}: {place}this is no JSON, or it is cut off\nmend: {mend}") from None
    if not isinstance(document, dict):
        raise UnreadablePlan(f"{where}: this is no planned state\nmend: {mend}")
    return document


def _check(each: PlannedResource, where: str, state: PlannedState) -> None:
    parts = each.urn.split("::", 3)
    if len(parts) != 4 or parts[:2] != [f"urn:pulumi:{state.stack}", state.project]:
        raise UnreadablePlan(
            f"{where}.urn: {printable(each.urn[:200])} is no URN of the stack {printable(state.project)}/"
            f"{printable(state.stack)}\nmend: preview the stack that is to be judged"
        )
    if parts[2].split("$")[-1] != each.type:
        raise UnreadablePlan(f"{where}.type: {printable(each.type[:200])} is not the type that the URN names")
    for name, properties in (("inputs", each.inputs), ("outputs", each.outputs)):
        if not _sound(properties, _DEEPEST):
            raise UnreadablePlan(f"{where}.{name}: nested too deeply, or a number that JSON does not have")


def _sound(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON value
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return depth > 0 and all(_sound(each, depth - 1) for each in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_sound(each, depth - 1) for each in value)
    return True


def _canonical(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return float(value)  # every number of the engine is one
    if isinstance(value, Mapping):
        return {key: _canonical(each) for key, each in value.items()}
    return [_canonical(each) for each in value] if isinstance(value, list) else value
