"""Holds what is about to happen against what was reviewed.

The review may have been made from another state, a pull request's preview of an empty one for example, where every
resource is to be created. So operations are not compared as such. What counts is that nothing is there at the end that
was not reviewed, and that nothing is destroyed on the way that the review did not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .planned import UNKNOWN, PlannedResource, PlannedState

_DESTROYING: Final = ("delete", "replace", "discard", "import")
_UPDATE: Final = "update"
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reviewer did not see.

    Attributes:
        urn: the resource.
        operation: the engine's word for what is to happen now; empty where nothing is.
        what: what is different, with property names and no value.
    """

    urn: str
    operation: str
    what: str


def compare(reviewed: PlannedState, now: PlannedState) -> tuple[Difference, ...]:
    """What of `now` the reviewers of `reviewed` did not see, by URN; nothing if it is what they saw.

    A secret's value is in neither, so another value of the same secret is seen only where both were planned from a
    state that has it.
    """
    before, after = _by_urn(reviewed), _by_urn(now)
    found = [*_declared(before, after), *_destroyed(reviewed, now)]
    return tuple(sorted(found, key=lambda each: (each.urn, each.operation, each.what)))


def _by_urn(state: PlannedState) -> Mapping[str, PlannedResource]:
    return {each.urn: each for each in state.resources if each.stays}


def _declared(before: Mapping[str, PlannedResource], after: Mapping[str, PlannedResource]) -> Iterator[Difference]:
    for urn, each in after.items():
        seen = before.get(urn)
        if seen is None:
            yield Difference(urn, each.operation, "was not part of what was reviewed")
        elif other := _differing(seen, each):
            yield Difference(urn, each.operation, f"other inputs than reviewed: {', '.join(other)}")
        elif seen.operation == each.operation == _UPDATE and (more := sorted({*each.properties} - {*seen.properties})):
            yield Difference(urn, each.operation, f"changes besides what was reviewed: {', '.join(more)}")
        elif seen.parent != each.parent:
            yield Difference(urn, each.operation, "another parent than reviewed")
    for urn in before.keys() - after.keys():
        yield Difference(urn, "", "was reviewed, and is no longer declared")


def _destroyed(reviewed: PlannedState, now: PlannedState) -> Iterator[Difference]:
    seen = {(each.urn, each.operation) for each in reviewed.resources}
    for each in now.resources:
        destroys = each.operation.startswith(_DESTROYING) or each.operation.endswith(_DESTROYING)
        if destroys and (each.urn, each.operation) not in seen:
            yield Difference(each.urn, each.operation, "was not shown to the reviewers")


def _differing(before: PlannedResource, after: PlannedResource) -> list[str]:
    """Names of inputs that are not alike."""
    found = []
    for key in before.inputs.keys() | after.inputs.keys():
        # What is computed from another resource is known to one preview and not to the other; from which one is known.
        same_source = before.dependencies.get(key, []) == after.dependencies.get(key, []) != []
        if not _alike(before.inputs.get(key, _ABSENT), after.inputs.get(key, _ABSENT), same_source=same_source):
            found.append(key)
    return sorted(found)


def _alike(one: Any, other: Any, *, same_source: bool) -> bool:  # noqa: ANN401 - any JSON value
    if same_source and UNKNOWN in (one, other) and _ABSENT not in (one, other):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k], same_source=same_source) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(lambda a, b: _alike(a, b, same_source=same_source), one, other))
    # True is 1 to Python, and not to the engine.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
