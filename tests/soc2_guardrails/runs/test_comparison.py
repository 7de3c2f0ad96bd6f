"""What a reviewer did not see is found, and what only looks different is not."""

from __future__ import annotations

import pytest

from soc2_guardrails.runs.comparison import compare
from soc2_guardrails.runs.planned import PlannedResource, PlannedState

from .plans import FIREWALL, MASK, PROJECT, UNKNOWN, VARIABLE, planned, resource, urn_of

WEB = resource(PROJECT, "web", inputs={"name": "web", "public": False, "size": 1})
TO_WEB = {"projectId": [urn_of(PROJECT, "web")]}


def other(**changed: object) -> PlannedResource:
    return resource(PROJECT, "web", **{"inputs": WEB.inputs, **changed})  # type: ignore[arg-type]


def variable(project: object, **stated: object) -> PlannedResource:
    inputs = {"key": "A", "projectId": project, "value": MASK}
    return resource(VARIABLE, "a", **{"inputs": inputs, "dependencies": TO_WEB, **stated})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reviewed", "now"),
    [
        (planned(WEB), planned(WEB)),
        # Planned from nothing on the pull request, from what is there on main.
        (planned(WEB), planned(other(operation="same"))),
        (planned(WEB), planned(other(operation="update", properties=["name"]))),
        (planned(WEB, variable(UNKNOWN)), planned(WEB, variable("prj_1"))),
        (planned(WEB, variable([UNKNOWN])), planned(WEB, variable(["prj_1"]))),
        (planned(WEB, resource(PROJECT, "old", "delete")), planned(WEB, resource(PROJECT, "old", "delete"))),
        # What was to be deleted is gone already.
        (planned(WEB, resource(PROJECT, "old", "delete")), planned(WEB)),
        (planned(other(inputs={"size": 1})), planned(other(inputs={"size": 1.0}))),
    ],
)
def test_the_same_change_is_no_difference(reviewed: PlannedState, now: PlannedState) -> None:
    assert compare(reviewed, now) == ()


@pytest.mark.parametrize(
    ("reviewed", "now", "told"),
    [
        (planned(WEB), planned(WEB, resource(FIREWALL, "open")), "open: was not part of what was reviewed"),
        (planned(WEB), planned(), "web: was reviewed, and is no longer declared"),
        (
            planned(WEB),
            planned(other(inputs={**WEB.inputs, "public": True, "more": None})),
            "web: other inputs than reviewed: more, public",
        ),
        # True is 1 to Python, and not to a provider.
        (planned(WEB), planned(other(inputs={**WEB.inputs, "size": True})), "web: other inputs than reviewed: size"),
        (
            planned(WEB, variable(UNKNOWN)),
            planned(WEB, variable("prj_9", dependencies={})),
            "a: other inputs than reviewed: projectId",
        ),
        (
            planned(WEB, variable(UNKNOWN, dependencies={})),
            planned(WEB, variable("prj_9", dependencies={})),
            "a: other inputs than reviewed: projectId",
        ),
        (planned(WEB), planned(WEB, resource(PROJECT, "old", "delete")), "old: was not shown to the reviewers"),
        (planned(WEB), planned(other(operation="replace")), "web: was not shown to the reviewers"),
        (
            planned(other(operation="update", properties=["name"])),
            planned(other(operation="update", properties=["name", "size"])),
            "web: changes besides what was reviewed: size",
        ),
        (planned(WEB), planned(other(parent=urn_of(PROJECT, "x"))), "web: another parent than reviewed"),
    ],
)
def test_a_difference_is_found(reviewed: PlannedState, now: PlannedState, told: str) -> None:
    found = [f"{each.urn.split('::', 3)[-1]}: {each.what}" for each in compare(reviewed, now)]
    assert found == [told]


def test_a_replacement_that_was_not_shown_is_found_by_its_deletion() -> None:
    now = planned(other(operation="create-replacement"), other(operation="delete-replaced", inputs={}))
    [found] = compare(planned(WEB), now)
    assert (found.operation, found.what) == ("delete-replaced", "was not shown to the reviewers")
