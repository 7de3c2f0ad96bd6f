from __future__ import annotations

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import FIREWALL_CONFIG, PROJECT, PROJECT_DOMAIN

from ..pack_process import Answer, PackProcess

RULE = "stack-firewall-per-exposed-project"
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"


def project(name: str, id_: Raw = UNKNOWN) -> Resource:
    planned: dict[str, Raw] = {
        "name": name,
        "id": id_,
        "teamId": UNKNOWN,
        "passwordProtection": {"deploymentType": "all_deployments", "password": Secret(CANARY)},
    }
    return resource(PROJECT, name, planned, declared={"name": name})


def belonging(type_: str, name: str, id_: Raw, projects: tuple[Resource, ...], **inputs: Raw) -> Resource:
    declared: dict[str, Raw] = {"projectId": id_, **inputs}
    planned: dict[str, Raw] = {"id": UNKNOWN, "teamId": UNKNOWN, **declared}
    urns = tuple(each.urn for each in projects)
    return resource(type_, name, planned, declared=declared, dependencies={"projectId": urns})


def domain(name: str, *projects: Resource, id_: Raw = UNKNOWN, **inputs: Raw) -> Resource:
    return belonging(PROJECT_DOMAIN, name, id_, projects, domain=f"{name}.example.com", **inputs)


def firewall(name: str, *projects: Resource, id_: Raw = UNKNOWN) -> Resource:
    return belonging(FIREWALL_CONFIG, name, id_, projects, enabled=True)


def judged(pack: PackProcess, *resources: Resource) -> Answer:
    answer = pack.judge_stack(*resources).of(RULE)
    assert CANARY not in answer.text
    return answer


SHOP = project("shop")
DOCS = project("docs")


def test_a_firewall_of_its_own_passes(preview: PackProcess) -> None:
    assert judged(preview, SHOP, domain("www", SHOP), firewall("fw", SHOP)).verdict == "pass"


def test_none_is_a_violation_on_the_project(preview: PackProcess) -> None:
    answer = judged(preview, SHOP, domain("www", SHOP), domain("api", SHOP))
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [SHOP.urn]
    assert answer.messages == [
        "answers on a domain (api, www) but has no firewall\n"
        "mend: declare a FirewallConfig with its id as projectId and the managed OWASP rulesets on deny"
    ]


def test_the_firewall_of_another_project_does_not_count(preview: PackProcess) -> None:
    answer = judged(preview, SHOP, DOCS, domain("www", SHOP), domain("docs", DOCS), firewall("fw", DOCS))
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [SHOP.urn]


def test_without_a_serving_domain_it_does_not_apply(preview: PackProcess) -> None:
    assert judged(preview, SHOP).verdict == "not applicable"
    assert judged(preview, SHOP, domain("old", SHOP, redirect="www.example.com")).verdict == "not applicable"


def test_a_redirect_beside_a_serving_domain_changes_nothing(preview: PackProcess) -> None:
    moved = domain("old", SHOP, redirect="www.example.com")
    assert judged(preview, SHOP, moved, domain("www", SHOP)).verdict == "fail"
    assert judged(preview, SHOP, domain("www", SHOP, redirect="")).verdict == "fail"
    assert judged(preview, SHOP, domain("www", SHOP, redirect=1.0)).verdict == "fail"


def test_a_redirect_that_nobody_set_is_none_though_the_plan_has_it_unknown(preview: PackProcess) -> None:
    planned: dict[str, Raw] = {"domain": "www.example.com", "projectId": UNKNOWN, "redirect": UNKNOWN}
    declared: dict[str, Raw] = {"domain": "www.example.com", "projectId": UNKNOWN}
    www = resource(PROJECT_DOMAIN, "www", planned, declared=declared, dependencies={"projectId": (SHOP.urn,)})
    assert judged(preview, SHOP, www).verdict == "fail"


def test_a_redirect_set_to_something_unknown_is_deferred(preview: PackProcess, update: PackProcess) -> None:
    www = domain("www", SHOP, redirect=UNKNOWN)
    assert judged(preview, SHOP, www).verdict == "unknown"
    assert judged(update, SHOP, www).verdict == "fail"
    assert judged(preview, SHOP, www, firewall("fw", SHOP)).verdict == "pass"
    assert judged(preview, SHOP, www, domain("api", SHOP)).verdict == "fail"


def test_an_unknown_id_without_origin_is_deferred(preview: PackProcess, update: PackProcess) -> None:
    assert judged(preview, SHOP, domain("www", SHOP), firewall("fw")).verdict == "unknown"
    assert judged(update, SHOP, domain("www", SHOP), firewall("fw")).verdict == "fail"
    answer = judged(preview, SHOP, domain("www"), firewall("fw", SHOP))
    assert answer.verdict == "unknown"
    assert [diagnostic.urn.rpartition("::")[2] for diagnostic in answer.diagnostics] == ["www"]


def test_one_unknown_id_is_told_once_and_hides_no_other_project(preview: PackProcess) -> None:
    either = firewall("fw", SHOP, DOCS)  # computed from both, so it is the firewall of one of them
    answer = judged(preview, SHOP, DOCS, domain("www", SHOP), domain("docs", DOCS), either)
    assert answer.verdict == "unknown"
    assert len(answer.diagnostics) == 1
    blog = project("blog")
    answer = judged(preview, SHOP, DOCS, blog, domain("www", SHOP), domain("blog", blog), either)
    assert [d.urn.rpartition("::")[2] for d in answer.diagnostics] == ["blog", "fw"]


def test_known_ids_decide_at_update(update: PackProcess) -> None:
    shop, docs = project("shop", "prj_shop"), project("docs", "prj_docs")
    www = domain("www", shop, id_="prj_shop")
    assert judged(update, shop, docs, www, firewall("fw", shop, id_="prj_shop")).verdict == "pass"
    assert judged(update, shop, docs, www, firewall("fw", id_="prj_shop")).verdict == "pass"
    # computed from both projects, and come out as the other one
    assert judged(update, shop, docs, www, firewall("fw", shop, docs, id_="prj_docs")).verdict == "fail"


def test_a_domain_of_a_project_outside_of_the_stack(preview: PackProcess) -> None:
    outside = domain("www", id_="prj_elsewhere")
    answer = judged(preview, outside)
    assert [diagnostic.urn for diagnostic in answer.diagnostics] == [outside.urn]
    assert answer.messages == [
        "projectId is the id of no project of this stack, and no FirewallConfig here names it either\n"
        "mend: declare the domain in the stack of its project and firewall, or the FirewallConfig here"
    ]
    assert judged(preview, outside, firewall("fw", id_="prj_elsewhere")).verdict == "pass"
    assert judged(preview, outside, firewall("fw", id_="prj_other")).verdict == "fail"
    assert judged(preview, outside, firewall("fw")).verdict == "unknown"


def test_an_id_of_another_shape_is_a_violation(preview: PackProcess) -> None:
    assert judged(preview, SHOP, domain("www", SHOP), firewall("fw", id_=1.0)).verdict == "fail"
