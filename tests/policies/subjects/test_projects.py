from __future__ import annotations

import pytest

from policies.judge.resources import Resource, Stack, resource
from policies.judge.values import UNKNOWN, Malformed, Raw
from policies.subjects.projects import Reference, project_of, projects_of
from policies.subjects.tokens import FIREWALL_CONFIG, LOG_DRAIN, PROJECT

A = resource(PROJECT, "a", {"name": "a", "id": "prj_a"})
B = resource(PROJECT, "b", {"name": "b", "id": UNKNOWN}, declared={"name": "b"})
C = resource(PROJECT, "c", {"name": "c", "id": UNKNOWN}, declared={"name": "c"})
STACK = Stack([A, B, C])


def one(id_: Raw, *computed_from: Resource) -> Reference:
    urns = tuple(each.urn for each in computed_from)
    return project_of(STACK, resource(FIREWALL_CONFIG, "fw", {"projectId": id_}, dependencies={"projectId": urns}))


def several(ids: Raw, *computed_from: Resource) -> Reference:
    urns = tuple(each.urn for each in computed_from)
    return projects_of(STACK, resource(LOG_DRAIN, "drain", {"projectIds": ids}, dependencies={"projectIds": urns}))


def names(urns: frozenset[str]) -> str:
    return "".join(sorted(urn.rpartition("::")[2] for urn in urns))


@pytest.mark.parametrize(
    ("reference", "certain", "possible", "anywhere"),
    [
        (one("prj_a"), "a", "", False),
        (one("prj_elsewhere"), "", "", False),
        (one(UNKNOWN, B), "b", "", False),
        (one(UNKNOWN, B, C), "", "bc", False),
        (one(UNKNOWN), "", "abc", True),
        (one("prj_a", A, B), "a", "", False),
        (several(["prj_a"]), "a", "", False),
        (several(["prj_a", UNKNOWN], A, B), "ab", "", False),
        (several([UNKNOWN, UNKNOWN], B, C), "bc", "", False),
        (several([UNKNOWN], B, C), "", "bc", False),
        (several([UNKNOWN, UNKNOWN], B), "b", "ac", True),
        (several(["prj_a", UNKNOWN]), "a", "bc", True),
        (several(UNKNOWN, B), "b", "", False),
        (several(UNKNOWN, B, C), "", "bc", False),
        (several(UNKNOWN), "", "abc", True),
        (several([]), "", "", False),
    ],
)
def test_what_an_id_refers_to(reference: Reference, certain: str, possible: str, anywhere: bool) -> None:
    assert (names(reference.certain), names(reference.possible), reference.anywhere) == (certain, possible, anywhere)


def test_ids_of_other_stacks_are_told() -> None:
    assert one("prj_elsewhere").outside == {"prj_elsewhere"}
    assert several(["prj_a", "prj_elsewhere", UNKNOWN], B).outside == {"prj_elsewhere"}
    assert one(UNKNOWN, B).outside == frozenset()


@pytest.mark.parametrize("id_", [None, 1.0, ["prj_a"]])
def test_an_id_of_another_shape_is_refused(id_: Raw) -> None:
    with pytest.raises(Malformed, match="projectId"):
        one(id_)
