from __future__ import annotations

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import LOG_DRAIN, PROJECT

from ..pack_process import Answer, PackProcess

RULE = "stack-log-drain-covers-production"
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
SOURCES: list[Raw] = ["static", "edge", "external", "build", "lambda", "firewall", "redirect"]


def project(name: str, id_: Raw = UNKNOWN, team: Raw = None) -> Resource:
    declared: dict[str, Raw] = {"name": name} if team is None else {"name": name, "teamId": team}
    return resource(PROJECT, name, {"id": id_, "teamId": UNKNOWN, **declared}, declared=declared)


def drain(name: str, *projects: Resource, **inputs: Raw) -> Resource:
    """A complete drain of the projects; of the whole team where `projectIds` is given as None."""
    stated: dict[str, Raw] = {
        "deliveryFormat": "json",
        "endpoint": "https://logs.example.com/in",
        "environments": ["production"],
        "headers": Secret({"authorization": CANARY}),
        "projectIds": [UNKNOWN for _ in projects],
        "secret": Secret(CANARY),
        "sources": SOURCES,
        **inputs,
    }
    declared: dict[str, Raw] = {key: value for key, value in stated.items() if value is not None}
    # What nobody set is unknown in the plan, though `projectIds` was seen absent there as well.
    planned: dict[str, Raw] = {"id": UNKNOWN, "teamId": UNKNOWN, "projectIds": UNKNOWN, **declared}
    urns = tuple(each.urn for each in projects)
    return resource(LOG_DRAIN, name, planned, declared=declared, dependencies={"projectIds": urns})


def judged(pack: PackProcess, *resources: Resource) -> Answer:
    answer = pack.judge_stack(*resources).of(RULE)
    assert CANARY not in answer.text
    return answer


SHOP = project("shop")
DOCS = project("docs")


def test_every_project_in_a_complete_drain_passes(preview: PackProcess) -> None:
    assert judged(preview, SHOP, DOCS, drain("siem", SHOP, DOCS)).verdict == "pass"
    assert judged(preview, SHOP, DOCS, drain("one", SHOP), drain("two", DOCS)).verdict == "pass"
    assert judged(preview, SHOP, drain("siem", SHOP, projectIds=UNKNOWN)).verdict == "pass"


@pytest.mark.parametrize("ids", [None, []])
def test_a_drain_of_the_whole_team_covers_all(preview: PackProcess, ids: Raw) -> None:
    assert judged(preview, SHOP, DOCS, drain("siem", projectIds=ids)).verdict == "pass"


def test_a_project_without_a_drain_is_a_violation_on_it(preview: PackProcess) -> None:
    answer = judged(preview, SHOP, DOCS, drain("siem", DOCS))
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [SHOP.urn]
    assert answer.messages == [
        "has no log drain, so what it logs in production is lost\n"
        "mend: add its id to projectIds of a LogDrain of this stack, or declare one"
    ]
    assert judged(preview, SHOP).verdict == "fail"
    assert judged(preview, SHOP, drain("siem", projectIds=["prj_elsewhere"])).verdict == "fail"


@pytest.mark.parametrize(
    "gap",
    [{"sources": ["lambda"]}, {"environments": ["preview"]}, {"samplingRate": 0.5}, {"deliveryFormat": "syslog"}],
)
def test_an_incomplete_drain_does_not_count(preview: PackProcess, gap: dict[str, Raw]) -> None:
    answer = judged(preview, SHOP, drain("siem", SHOP, **gap))
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [SHOP.urn]
    assert answer.messages == [
        "is drained only by incomplete log drains (siem)\n"
        "mend: give one of them every source, the production environment, samplingRate 1 and format json"
    ]
    assert judged(preview, SHOP, drain("siem", SHOP, **gap), drain("all", projectIds=None)).verdict == "pass"


def test_an_unknown_that_completeness_hangs_on_is_deferred(preview: PackProcess, update: PackProcess) -> None:
    unsure = drain("siem", SHOP, sources=UNKNOWN)
    answer = judged(preview, SHOP, unsure)
    assert answer.verdict == "unknown"
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [unsure.urn]
    assert judged(update, SHOP, unsure).verdict == "fail"
    assert judged(preview, SHOP, drain("siem", SHOP, sources=UNKNOWN, samplingRate=0.5)).verdict == "fail"
    assert judged(preview, SHOP, drain("siem", SHOP, sources=1.0)).verdict == "fail"


def test_unknown_ids_without_origin_are_deferred_once(preview: PackProcess, update: PackProcess) -> None:
    somewhere = drain("siem", projectIds=[UNKNOWN])
    answer = judged(preview, SHOP, DOCS, somewhere)
    assert answer.verdict == "unknown"
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [somewhere.urn]
    assert judged(update, SHOP, DOCS, somewhere).verdict == "fail"
    assert judged(preview, SHOP, drain("siem", projectIds=UNKNOWN)).verdict == "unknown"
    assert judged(preview, SHOP, drain("siem", projectIds=[UNKNOWN], samplingRate=0.5)).verdict == "fail"


def test_a_list_that_is_unknown_as_a_whole_may_leave_a_project_out(preview: PackProcess) -> None:
    chosen = drain("siem", SHOP, DOCS, projectIds=UNKNOWN)
    answer = judged(preview, SHOP, DOCS, chosen)
    assert answer.verdict == "unknown"
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [chosen.urn]
    assert judged(preview, SHOP, DOCS, chosen, drain("two", SHOP, DOCS)).verdict == "pass"


def test_an_unknown_hides_no_other_project(preview: PackProcess) -> None:
    unsure = drain("siem", SHOP, sources=UNKNOWN)
    answer = judged(preview, SHOP, DOCS, unsure)
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [DOCS.urn, unsure.urn]


def test_a_drain_of_another_team_does_not_count(preview: PackProcess) -> None:
    shop = project("shop", team="team_one")
    assert judged(preview, shop, drain("siem", projectIds=None, teamId="team_one")).verdict == "pass"
    assert judged(preview, shop, drain("siem", projectIds=None, teamId="team_two")).verdict == "fail"
    assert judged(preview, shop, drain("siem", projectIds=None)).verdict == "unknown"


def test_known_ids_decide_at_update(update: PackProcess) -> None:
    shop, docs = project("shop", "prj_shop"), project("docs", "prj_docs")
    assert judged(update, shop, docs, drain("siem", shop, docs, projectIds=["prj_shop", "prj_docs"])).verdict == "pass"
    # computed from both projects, and come out as one of them
    answer = judged(update, shop, docs, drain("siem", shop, docs, projectIds=["prj_docs"]))
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [shop.urn]


def test_without_projects_it_does_not_apply(preview: PackProcess) -> None:
    assert judged(preview, drain("siem", projectIds=None)).verdict == "not applicable"
