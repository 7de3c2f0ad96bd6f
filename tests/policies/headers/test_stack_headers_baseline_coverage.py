from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import BRANCH_DEFAULT, PROJECT, PROJECT_ROUTE, REPOSITORY, REPOSITORY_FILE

from ..pack_process import Answer, PackProcess
from .routes import CANARY, STRONG, transform

RULE = "stack-headers-baseline-coverage"
BASELINE = {
    "Content-Security-Policy": STRONG,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PROJECT_URN = f"urn:pulumi:stack::project::{PROJECT}::shop"


def project(**properties: Raw) -> Resource:
    declared: dict[str, Raw] = {"name": "shop", **properties}
    # What nobody set is unknown in a plan, until the provider has chosen.
    planned: dict[str, Raw] = {"id": UNKNOWN, "rootDirectory": UNKNOWN, "gitRepository": UNKNOWN, **declared}
    return resource(PROJECT, "shop", planned, declared=declared)


def routing(*transforms: Raw, name: str = "headers", owned: bool = True, **changes: Raw) -> Resource:
    return _routing(transforms, changes, name, owned)


def _routing(
    transforms: Iterable[Raw], changes: Mapping[str, Raw], name: str = "headers", owned: bool = True
) -> Resource:
    properties = dict(changes)
    route: dict[str, Raw] = {"src": "^/.*$", "transforms": list(transforms)}
    changed = properties.pop("route", None)
    route |= changed if isinstance(changed, dict) else {}
    declared: dict[str, Raw] = {"projectId": UNKNOWN, "srcSyntax": "regex", "route": route, **properties}
    unset: dict[str, Raw] = dict.fromkeys(("has", "missings", "headers", "transforms", "dest"), UNKNOWN)
    planned: dict[str, Raw] = {"enabled": True, "description": UNKNOWN, **declared, "route": {**unset, **route}}
    return resource(
        PROJECT_ROUTE,
        name,
        planned,
        declared=declared,
        dependencies={"projectId": (PROJECT_URN,)} if owned else {},
    )


def transforms(**changed: Raw) -> list[Raw]:
    """The baseline as transforms; underscores in the names stand for hyphens, None leaves a header out."""
    changes = {name.replace("_", "-"): value for name, value in changed.items()}
    values: dict[str, Raw] = {**BASELINE, **changes}
    return [transform(name, value) for name, value in values.items() if value is not None]


def judged(pack: PackProcess, *resources: Resource) -> Answer:
    return pack.judge_stack(*resources).of(RULE)


def test_whole_baseline_on_one_route(preview: PackProcess) -> None:
    assert judged(preview, project(), routing(*transforms())).verdict == "pass"


def test_baseline_on_two_routes(preview: PackProcess) -> None:
    one, two = routing(*transforms()[:3], name="one"), routing(*transforms()[3:], name="two")
    assert judged(preview, project(), one, two).verdict == "pass"


def test_message_names_what_is_missing(preview: PackProcess) -> None:
    answer = judged(preview, project(), routing(*transforms(Referrer_Policy=None, Permissions_Policy=None)))
    assert answer.messages == [
        "does not send Referrer-Policy, Permissions-Policy on every path\n"
        "mend: set them on an unconditional ProjectRoute of the project with src `^/.*$` and srcSyntax `regex` (the "
        "SecurityHeaders component does), or for the source /(.*) in the vercel.json of its repository"
    ]
    assert answer.diagnostics[0].urn == PROJECT_URN


@pytest.mark.parametrize(
    ("properties", "verdict"),
    [
        ({"route": {"src": "/(.*)"}, "srcSyntax": "path-to-regexp"}, "pass"),
        ({"route": {"src": "/:path*"}, "srcSyntax": "path-to-regexp"}, "pass"),
        ({"route": {"src": "/:path+"}, "srcSyntax": "path-to-regexp"}, "fail"),
        ({"route": {"src": "/:path((?!api).*)"}, "srcSyntax": "path-to-regexp"}, "fail"),
        ({"route": {"src": "/"}, "srcSyntax": "equals"}, "fail"),
        ({"route": {"src": "/.*"}, "srcSyntax": "equals"}, "fail"),
        ({"route": {"src": "^/shop/.*$"}}, "fail"),
        ({"route": {"src": UNKNOWN}}, "unknown"),
        ({"srcSyntax": UNKNOWN}, "unknown"),
        ({"route": {"has": []}}, "pass"),
        ({"route": {"has": [{"type": "host", "value": "shop.example.com"}]}}, "fail"),
        ({"route": {"missings": [{"type": "cookie", "key": "beta"}]}}, "fail"),
        ({"route": {"missings": UNKNOWN}}, "unknown"),
        ({"route": {"missings": UNKNOWN, "src": "/shop"}}, "fail"),
        ({"enabled": False}, "fail"),
        ({"enabled": UNKNOWN}, "unknown"),
        ({"route": {"transforms": UNKNOWN}}, "unknown"),
        ({"route": {"transforms": "odd"}}, "fail"),
        ({"srcSyntax": Secret("regex")}, "pass"),
    ],
)
def test_route_reaches_everything(preview: PackProcess, properties: dict[str, Raw], verdict: str) -> None:
    assert judged(preview, project(), _routing(transforms(), properties)).verdict == verdict


def test_syntax_left_to_vercel(preview: PackProcess) -> None:
    for source in ("^/.*$", "/(.*)", "/:path*"):
        route = resource(
            PROJECT_ROUTE,
            "r",
            {"projectId": UNKNOWN, "srcSyntax": UNKNOWN, "route": {"src": source, "transforms": transforms()}},
            declared={"projectId": UNKNOWN, "route": {"src": source, "transforms": transforms()}},
            dependencies={"projectId": (PROJECT_URN,)},
        )
        assert judged(preview, project(), route).verdict == "pass"


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"X_Content_Type_Options": "NoSniff "}, "pass"),
        ({"X_Content_Type_Options": "whimsy"}, "fail"),
        ({"X_Content_Type_Options": ["nosniff", "nosniff"]}, "fail"),
        ({"Referrer_Policy": "unsafe-url, no-referrer"}, "pass"),
        ({"Referrer_Policy": "no-referrer, whimsy"}, "pass"),
        ({"Referrer_Policy": "no-referrer, unsafe-url"}, "fail"),
        ({"Referrer_Policy": "origin"}, "fail"),
        ({"Permissions_Policy": "camera"}, "fail"),
        ({"Cross_Origin_Opener_Policy": "unsafe-none"}, "fail"),
        ({"Cross_Origin_Opener_Policy": 'same-origin; report-to="coop"'}, "pass"),
        ({"Content_Security_Policy": ";"}, "fail"),
        ({"Content_Security_Policy": "default-src 'self'"}, "fail"),
        ({"Content_Security_Policy": "default-src 'self'", "X_Frame_Options": "SAMEORIGIN"}, "pass"),
        ({"Content_Security_Policy": "default-src 'self'", "X_Frame_Options": "ALLOW-FROM https://x.com"}, "fail"),
        ({"Strict_Transport_Security": "includeSubDomains"}, "fail"),
        ({"Content_Security_Policy": None, "Content_Security_Policy_Report_Only": STRONG}, "fail"),
    ],
)
def test_values_that_count(preview: PackProcess, changed: dict[str, Raw], verdict: str) -> None:
    assert judged(preview, project(), routing(*transforms(**changed))).verdict == verdict


def test_a_value_that_does_not_count_is_reported_where_it_stands(preview: PackProcess) -> None:
    [message] = judged(preview, project(), routing(*transforms(X_Content_Type_Options="off"))).messages
    assert message == (
        "route.transforms[2].args sets X-Content-Type-Options to something else than nosniff\nmend: set it to nosniff"
    )


def test_deletion_anywhere_is_a_violation(preview: PackProcess) -> None:
    delete = transform("x-content-type-options", None, op="delete")
    narrow = routing(delete, name="embed", route={"src": "/embed"})
    answer = judged(preview, project(), routing(*transforms()), narrow)
    assert answer.verdict == "fail"
    assert answer.messages[0].startswith("route.transforms[0].target.key deletes X-Content-Type-Options")
    gated = routing({**delete, "envs": ["preview"]}, name="embed", route={"src": "/embed"})
    assert judged(preview, project(), routing(*transforms()), gated).verdict == "pass"
    off = routing(delete, name="embed", route={"src": "/embed"}, enabled=False)
    assert judged(preview, project(), routing(*transforms()), off).verdict == "pass"


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        (transform("X-Content-Type-Options", "off"), "fail"),
        (transform("X-Content-Type-Options", 7), "fail"),
        (transform("X-Content-Type-Options", None), "fail"),
        (transform("Referrer-Policy", "unsafe-url"), "fail"),
        (transform("Referrer-Policy", "unsafe-url", op="append"), "fail"),
        (transform("Permissions-Policy", ""), "fail"),
        (transform("Cross-Origin-Opener-Policy", "unsafe-none"), "fail"),
        (transform("Cross-Origin-Opener-Policy", "unsafe-none") | {"envs": ["preview"]}, "pass"),
        (transform("Cross-Origin-Opener-Policy", "unsafe-none") | {"envs": "production"}, "fail"),
        (transform("Cross-Origin-Opener-Policy", "unsafe-none") | {"envs": ["Production"]}, "fail"),
        (transform("Strict-Transport-Security", "includeSubDomains"), "fail"),
        (transform("Content-Security-Policy", ";"), "fail"),
        (transform("Referrer-Policy", "no-referrer"), "pass"),
        (transform("Permissions-Policy", "camera=(self)"), "pass"),
        (transform("X-Frame-Options", "SAMEORIGIN"), "pass"),
        # the policy of the other route says who may frame, and that counts
        (transform("X-Frame-Options", "ALLOWALL"), "pass"),
        (transform("Referrer-Policy", "") | {"args": UNKNOWN}, "unknown"),
        (transform("Referrer-Policy", "") | {"target": UNKNOWN}, "unknown"),
        (transform("Referrer-Policy", "unsafe-url") | {"envs": UNKNOWN}, "unknown"),
        (transform("X-Frame-Options", "") | {"args": UNKNOWN}, "pass"),
        (transform("Cache-Control", "") | {"args": UNKNOWN}, "pass"),
    ],
)
def test_what_a_narrower_route_sets(
    preview: PackProcess, update: PackProcess, changed: dict[str, Raw], verdict: str
) -> None:
    narrow = routing(changed, name="checkout", route={"src": "^/checkout/.*$"})
    everywhere = routing(*transforms())
    assert judged(preview, project(), everywhere, narrow).verdict == verdict
    assert judged(preview, project(), narrow, everywhere).verdict == verdict
    assert judged(update, project(), everywhere, narrow).verdict == ("pass" if verdict == "pass" else "fail")
    off = routing(changed, name="checkout", route={"src": "^/checkout/.*$"}, enabled=False)
    assert judged(preview, project(), everywhere, off).verdict == "pass"


def test_what_a_narrower_route_sets_is_reported_there_and_never_counts(preview: PackProcess) -> None:
    narrow: dict[str, Raw] = {"src": "^/checkout/.*$"}
    weak = routing(transform("X-Content-Type-Options", "off"), name="checkout", route=narrow)
    answer = judged(preview, project(), routing(*transforms()), weak)
    assert [each.urn for each in answer.diagnostics] == [weak.urn]
    assert answer.messages == [
        "route.transforms[0].args sets X-Content-Type-Options to something else than nosniff\nmend: set it to nosniff"
    ]
    good = routing(transform("X-Content-Type-Options", "nosniff"), name="checkout", route=narrow)
    [message] = judged(preview, project(), routing(*transforms(X_Content_Type_Options=None)), good).messages
    assert message.startswith("does not send X-Content-Type-Options on every path")
    unknown = routing(transform("X-Content-Type-Options", "") | {"args": UNKNOWN}, name="checkout", route=narrow)
    answer = judged(preview, project(), routing(*transforms(X_Content_Type_Options=None)), unknown)
    assert answer.verdict == "fail"


def test_a_route_that_may_be_anyones_is_deferred_where_it_may_do_harm(preview: PackProcess) -> None:
    def anyones(value: str) -> Resource:
        changed = transform("Referrer-Policy", value)
        return routing(changed, name="anyones", owned=False, route={"src": "^/checkout/.*$"})

    assert judged(preview, project(), routing(*transforms()), anyones("unsafe-url")).verdict == "unknown"
    assert judged(preview, project(), routing(*transforms()), anyones("no-referrer")).verdict == "pass"


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "response.Headers"},
        {"type": None},
        {"op": "remove"},
        {"target": '{"key": {"matches": "x-.*"}}'},
        {"target": "X-Content-Type-Options"},
    ],
)
def test_a_transform_of_a_shape_not_known_is_not_taken_for_harmless(preview: PackProcess, odd: dict[str, Raw]) -> None:
    delete = transform("X-Content-Type-Options", None, op="delete")
    narrow = routing(delete | odd, name="embed", route={"src": "^/embed$"})
    answer = judged(preview, project(), routing(*transforms()), narrow)
    assert answer.verdict == "fail"
    [message] = answer.messages
    assert message.startswith("route.transforms[0].")
    assert "the control cannot be shown to hold" in message
    asked = routing(delete | {"type": "request.headers"}, name="embed", route={"src": "^/embed$"})
    assert judged(preview, project(), routing(*transforms()), asked).verdict == "pass"


@pytest.mark.parametrize("enabled", ["true", "false", 1.0, []])
def test_a_switch_of_a_shape_not_known_is_not_taken_for_off(preview: PackProcess, enabled: Raw) -> None:
    delete = transform("X-Content-Type-Options", None, op="delete")
    narrow = routing(delete, name="embed", route={"src": "^/embed$"}, enabled=enabled)
    answer = judged(preview, project(), routing(*transforms()), narrow)
    assert answer.verdict == "fail"
    assert [message.split(",")[0] for message in answer.messages] == ["enabled is not true or false"]
    assert answer.diagnostics[0].urn == narrow.urn
    assert judged(preview, project(), routing(*transforms(), enabled=enabled)).verdict == "fail"


def test_gates_and_appending(preview: PackProcess) -> None:
    def gated(envs: Raw) -> list[Raw]:
        return [{**each, "envs": envs} for each in transforms() if isinstance(each, dict)]

    assert judged(preview, project(), routing(*gated(["production"]))).verdict == "pass"
    assert judged(preview, project(), routing(*gated(["preview"]))).verdict == "fail"
    assert judged(preview, project(), routing(*gated(["PRODUCTION"]))).verdict == "fail"
    assert judged(preview, project(), routing(*gated(UNKNOWN))).verdict == "unknown"
    appended: list[Raw] = [{**each, "op": "append"} for each in transforms() if isinstance(each, dict)]
    assert judged(preview, project(), routing(*appended)).verdict == "fail"
    by_condition = transform("", "no-referrer") | {"target": '{"key": {"pre": "referrer-p"}}'}
    answer = judged(preview, project(), routing(*transforms(Referrer_Policy=None), by_condition))
    assert answer.messages[0].startswith("does not send Referrer-Policy on every path")


def test_unknown_value_defers_that_header_and_no_other(preview: PackProcess, update: PackProcess) -> None:
    stated = transforms()
    unknown = [{**stated[0], "args": UNKNOWN} if isinstance(stated[0], dict) else UNKNOWN, *stated[1:]]
    answer = judged(preview, project(), routing(*unknown))
    assert answer.verdict == "unknown"
    assert len(answer.messages) == 1
    assert judged(update, project(), routing(*unknown)).verdict == "fail"
    answer = judged(preview, project(), routing(*unknown[:-1]))
    assert answer.verdict == "fail"
    assert any("does not send Cross-Origin-Opener-Policy on" in message for message in answer.messages)


def test_routes_of_another_project_do_not_count(preview: PackProcess) -> None:
    other = resource(PROJECT, "other", {"id": UNKNOWN, "name": "other"}, declared={"name": "other"})
    answer = judged(preview, project(), other, routing(*transforms()))
    assert [each.urn for each in answer.diagnostics] == [other.urn]
    assert judged(preview, project(), routing(*transforms(), owned=False)).verdict == "unknown"
    assert judged(preview, project(), routing(*transforms(), owned=False, projectId="prj_other")).verdict == "fail"
    known = project(id="prj_shop")
    assert judged(preview, known, routing(*transforms(), owned=False, projectId="prj_shop")).verdict == "pass"


ADMIN_URN = PROJECT_URN.replace("::shop", "::admin")


@pytest.mark.parametrize(
    ("id_", "ids", "verdict"),
    [
        # an id that was computed from two projects is the id of one
        ("prj_admin", ("prj_shop", "prj_admin"), "fail"),
        ("prj_elsewhere", ("prj_shop", "prj_admin"), "fail"),
        (UNKNOWN, (UNKNOWN, UNKNOWN), "unknown"),
        (UNKNOWN, ("prj_shop", "prj_admin"), "unknown"),
        (None, ("prj_shop", "prj_admin"), "fail"),
        (7.0, ("prj_shop", "prj_admin"), "fail"),
    ],
)
def test_a_route_counts_for_the_project_of_its_id(
    preview: PackProcess, update: PackProcess, id_: Raw, ids: tuple[Raw, Raw], verdict: str
) -> None:
    shop = project(id=ids[0])
    admin = resource(PROJECT, "admin", {"id": ids[1], "name": "admin"}, declared={"name": "admin"})
    both = {"projectId": (PROJECT_URN, ADMIN_URN)}
    route = replace(routing(*transforms(), projectId=id_), dependencies=both)
    of_admin = routing(*transforms(), name="of-admin", owned=False)
    of_admin = replace(of_admin, dependencies={"projectId": (ADMIN_URN,)})
    answer = judged(preview, shop, admin, route)
    assert answer.verdict == verdict
    assert {each.urn for each in answer.diagnostics} >= {
        "prj_admin": {PROJECT_URN},
        "prj_elsewhere": {PROJECT_URN, ADMIN_URN},
    }.get(str(id_), {route.urn})
    assert judged(update, shop, admin, route).verdict == "fail"
    # the doubt about the one does not touch the other, which has routes of its own
    other = [each.urn for each in judged(preview, shop, admin, route, of_admin).diagnostics]
    assert ADMIN_URN not in other


def test_a_deletion_is_held_against_the_project_of_its_id(preview: PackProcess) -> None:
    shop, admin = project(id="prj_shop"), resource(PROJECT, "admin", {"id": "prj_admin", "name": "admin"})
    routes = [routing(*transforms(), name=name, projectId=f"prj_{name}", owned=False) for name in ("shop", "admin")]
    delete = routing(transform("x-content-type-options", None, op="delete"), name="embed", route={"src": "/embed"})
    for id_, verdict in (("prj_admin", "fail"), (UNKNOWN, "unknown"), ("prj_elsewhere", "pass")):
        declared = {**delete.declared.raw(), "projectId": id_}
        embed = resource(PROJECT_ROUTE, "embed", declared, dependencies={"projectId": (PROJECT_URN, ADMIN_URN)})
        assert judged(preview, shop, admin, *routes, embed).verdict == verdict


def test_a_route_without_an_id_is_no_matter_where_there_is_no_project(preview: PackProcess) -> None:
    assert judged(preview, routing(*transforms(), projectId=None)).verdict == "not applicable"


def test_no_project(preview: PackProcess) -> None:
    assert judged(preview, resource(REPOSITORY, "shop", {"name": "shop"})).verdict == "not applicable"


def committed(**properties: Raw) -> Resource:
    content = {
        "headers": [{"source": "/(.*)", "headers": [{"key": key, "value": value} for key, value in BASELINE.items()]}]
    }
    stated: dict[str, Raw] = {"repository": "shop", "file": "vercel.json", "content": json.dumps(content)}
    return resource(REPOSITORY_FILE, "vercel-json", stated | properties)


@pytest.mark.parametrize(
    ("file", "connected", "verdict"),
    [
        ({}, {}, "pass"),
        ({"repository": "SHOP"}, {}, "pass"),
        ({"repository": "other"}, {}, "fail"),
        ({"branch": "main"}, {}, "pass"),
        ({"branch": "draft"}, {}, "fail"),
        ({"branch": "release"}, {"gitRepository": {"productionBranch": "release"}}, "pass"),
        ({}, {"gitRepository": {"productionBranch": "release"}}, "fail"),
        ({"file": "apps/web/vercel.json"}, {}, "fail"),
        ({"file": "apps/web/vercel.json"}, {"rootDirectory": "./apps/web/"}, "pass"),
        ({}, {"rootDirectory": "apps/web"}, "fail"),
        ({}, {"rootDirectory": UNKNOWN}, "unknown"),
        ({"content": UNKNOWN}, {}, "unknown"),
        ({"content": "{"}, {}, "fail"),
        ({"repository": UNKNOWN}, {}, "unknown"),
        ({}, {"gitRepository": {"type": "gitlab"}}, "fail"),
        ({"content": Secret(json.dumps({"headers": [{"source": CANARY}]}))}, {}, "fail"),
    ],
)
def test_vercel_json(preview: PackProcess, file: dict[str, Raw], connected: dict[str, Raw], verdict: str) -> None:
    git: dict[str, Raw] = {"type": "github", "repo": "acme/shop"}
    changed = connected.pop("gitRepository", None)
    git |= changed if isinstance(changed, dict) else {}
    answer = judged(preview, project(**connected, gitRepository=git), committed(**file))
    assert answer.verdict == verdict
    assert CANARY not in answer.text


def test_vercel_json_on_another_default_branch(preview: PackProcess) -> None:
    shop = project(gitRepository={"type": "github", "repo": "acme/shop", "productionBranch": "trunk"})
    default = resource(BRANCH_DEFAULT, "d", {"repository": "shop", "branch": "trunk"})
    assert judged(preview, shop, committed(), default).verdict == "pass"


def test_secret_values_are_never_shown(preview: PackProcess) -> None:
    secret = {**transform("Referrer-Policy", ""), "args": Secret(json.dumps(CANARY))}
    answer = judged(preview, project(), routing(*transforms(Referrer_Policy=None), secret))
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
