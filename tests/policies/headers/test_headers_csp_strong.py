from __future__ import annotations

import json

import pytest

from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import PROJECT_ROUTE, REPOSITORY_FILE

from ..pack_process import PackProcess
from .routes import CANARY, STRONG, headers, route, transform, vercel_json

RULE = "headers-csp-strong"
NAME = "Content-Security-Policy"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (transform(NAME, STRONG), "pass"),
        (transform("content-SECURITY-policy", "default-src *"), "fail"),
        (transform(NAME, [STRONG]), "pass"),
        (transform(NAME, ["upgrade-insecure-requests", STRONG]), "pass"),
        (transform(NAME, STRONG.replace("default-src 'self'", "script-src *") + ", upgrade-insecure-requests"), "fail"),
        (transform(NAME, []), "fail"),
        (transform(NAME, None), "fail"),
        (transform(NAME, STRONG + "\r\nX-Injected: 1"), "fail"),
        (transform(NAME, "default-src *", op="append"), "fail"),
        (transform(NAME, "", op="delete"), "not applicable"),
        (transform("Content-Security-Policy-Report-Only", "default-src *"), "not applicable"),
        ({**transform(NAME, "default-src *"), "type": "request.headers"}, "not applicable"),
        ({**transform(NAME, "default-src *"), "type": "request.query"}, "not applicable"),
        ({**transform(NAME, STRONG), "type": "response.Headers"}, "fail"),
        ({**transform(NAME, STRONG), "type": UNKNOWN}, "unknown"),
        ({**transform(NAME, STRONG), "target": UNKNOWN}, "unknown"),
        ({**transform(NAME, STRONG), "args": UNKNOWN}, "unknown"),
        ({**transform("X-Other", "1"), "args": UNKNOWN}, "not applicable"),
        ({**transform(NAME, STRONG), "op": "replace"}, "fail"),
        ({**transform(NAME, STRONG), "target": "Content-Security-Policy"}, "fail"),
        ({**transform(NAME, STRONG), "target": '"Content-Security-Policy"'}, "fail"),
        ({**transform(NAME, STRONG), "target": None}, "fail"),
        ({**transform(NAME, STRONG), "args": STRONG}, "fail"),
        ({**transform(NAME, STRONG), "args": None}, "fail"),
        ({**transform(NAME, "default-src *"), "target": '{"key": {"pre": "Content-S"}}'}, "fail"),
        ({**transform(NAME, "default-src *"), "target": '{"key": {"inc": ["content-security-policy"]}}'}, "fail"),
        ({**transform(NAME, "default-src *"), "target": '{"key": {"suf": "-options"}}'}, "not applicable"),
        ({**transform(NAME, STRONG), "target": '{"key": {"gt": "a"}}'}, "fail"),
        ("not an object", "fail"),
        (UNKNOWN, "unknown"),
    ],
)
def test_one_transform(preview: PackProcess, given: Raw, verdict: str) -> None:
    assert preview.judge(route(given)).of(RULE).verdict == verdict


def test_message_names_directive_and_mend(preview: PackProcess) -> None:
    weak = STRONG.replace("'self';", "'self' 'unsafe-inline';", 1)
    [message] = preview.judge(route(transform(NAME, weak))).of(RULE).messages
    assert message == (
        "route.transforms[0].args allows 'unsafe-inline' in default-src, so injected scripts run\n"
        "mend: replace 'unsafe-inline' in default-src by the hashes of the page's own inline scripts"
    )


def test_unknown_transform_does_not_silence_the_next(preview: PackProcess, update: PackProcess) -> None:
    mixed = route(UNKNOWN, transform(NAME, "default-src *"))
    answer = preview.judge(mixed).of(RULE)
    assert answer.verdict == "fail"
    assert any("deferred" in message for message in answer.messages)
    assert update.judge(route(UNKNOWN)).of(RULE).verdict == "fail"


def test_headers_map_and_unknown_parts_of_a_route(preview: PackProcess) -> None:
    def judged(**parts: Raw) -> str:
        stated: dict[str, Raw] = {"src": "/", **parts}
        return preview.judge(resource(PROJECT_ROUTE, "r", {"projectId": "p", "route": stated})).of(RULE).verdict

    assert judged(headers={NAME.lower(): STRONG}) == "pass"
    assert judged(headers={NAME: "default-src https:"}) == "fail"
    assert judged(headers={NAME: UNKNOWN}) == "unknown"
    assert judged(headers={"X-Other": UNKNOWN}) == "not applicable"
    assert judged(headers=UNKNOWN) == "unknown"
    assert judged(headers={NAME: "default-src https:"}, transforms=UNKNOWN) == "fail"
    assert judged(transforms="no list") == "fail"
    assert judged(dest="/new") == "not applicable"
    assert preview.judge(resource(PROJECT_ROUTE, "r", {"route": UNKNOWN})).of(RULE).verdict == "unknown"
    assert preview.judge(resource(PROJECT_ROUTE, "r", {"route": "x"})).of(RULE).verdict == "fail"


def test_disabled_route_is_still_judged(preview: PackProcess) -> None:
    assert preview.judge(route(transform(NAME, "default-src *"), enabled=False)).of(RULE).verdict == "fail"


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ({"headers": [headers("/(.*)", Content_Security_Policy=STRONG)]}, "pass"),
        ({"headers": [headers("/old", Content_Security_Policy="default-src *")]}, "fail"),
        ({"routes": [{"src": "/.*", "headers": {NAME: "default-src *"}}]}, "fail"),
        (
            {
                "routes": [
                    {
                        "src": "/.*",
                        "transforms": [
                            {"type": "response.headers", "op": "set", "target": {"key": NAME}, "args": "img-src *"}
                        ],
                    }
                ]
            },
            "fail",
        ),
        ({"framework": "nextjs"}, "not applicable"),
        ({"headers": {"source": "/"}}, "fail"),
        ({"headers": [{"source": "/", "headers": [{"key": NAME}]}]}, "fail"),
        ({"headers": ["/"]}, "fail"),
        ([], "fail"),
        ("text", "fail"),
    ],
)
def test_vercel_json(preview: PackProcess, content: object, verdict: str) -> None:
    assert preview.judge(vercel_json(content)).of(RULE).verdict == verdict


def test_vercel_json_is_found_by_its_name_and_must_be_json(preview: PackProcess) -> None:
    def judged(**properties: Raw) -> str:
        stated: dict[str, Raw] = {"repository": "shop", "file": "vercel.json", "content": "{}", **properties}
        return preview.judge(resource(REPOSITORY_FILE, "f", stated)).of(RULE).verdict

    bad = json.dumps({"headers": [headers("/", Content_Security_Policy="default-src *")]})
    assert judged(content=bad, file="apps/web/vercel.json") == "fail"
    assert judged(content="{headers: []}") == "fail"
    assert judged(content="[" * 100_000) == "fail"
    assert judged(content=UNKNOWN) == "unknown"
    assert judged(file=UNKNOWN) == "unknown"
    assert judged(file="README.md", content=bad) == "not applicable"
    answer = preview.judge(resource(REPOSITORY_FILE, "f", {"file": "next.config.mjs", "content": "x"})).of(RULE)
    assert "can only be seen in a response" in answer.not_applicable[0].reason


def test_secret_values_are_judged_and_never_shown(preview: PackProcess) -> None:
    policy = f"default-src https://{CANARY}.example.com 'unsafe-inline'; report-uri https://x.example.com/{CANARY}"
    answer = preview.judge(route({**transform(NAME, ""), "args": Secret(json.dumps(policy))})).of(RULE)
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
    content = {"headers": [headers("/", Content_Security_Policy=policy)]}
    answer = preview.judge(vercel_json(content, content=Secret(json.dumps(content)))).of(RULE)
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
    for key in ({CANARY: "x"}, {"eq": {CANARY: "x"}}, {"inc": [{CANARY: "x"}]}, {"eq": "x", CANARY: "x"}):
        target = Secret(json.dumps({"key": key}))
        answer = preview.judge(route({**transform(NAME, STRONG), "target": target})).of(RULE)
        assert answer.verdict == "fail"
        assert CANARY not in answer.text
        content = {"headers": [{"source": "/", "headers": [{"key": key, "value": "x"}, {CANARY: {CANARY: "x"}}]}]}
        answer = preview.judge(vercel_json(content, content=Secret(json.dumps(content)))).of(RULE)
        assert answer.verdict == "fail"
        assert CANARY not in answer.text
    odd = {**transform(NAME, STRONG), "args": Secret(f"no json {CANARY}")}
    answer = preview.judge(route(odd)).of(RULE)
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
    assert preview.judge(route({**transform(NAME, ""), "args": Secret(UNKNOWN)})).of(RULE).verdict == "unknown"
