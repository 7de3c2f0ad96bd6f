from __future__ import annotations

import json

import pytest

from policies.judge.values import UNKNOWN, Raw, Secret

from ..pack_process import PackProcess
from .routes import CANARY, headers, route, transform, vercel_json

RULE = "headers-hsts-preload-grade"
NAME = "Strict-Transport-Security"
GOOD = "max-age=63072000; includeSubDomains; preload"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (transform(NAME, GOOD), "pass"),
        (transform(NAME.lower(), "max-age=300; includeSubDomains"), "fail"),
        (transform(NAME, [GOOD, GOOD]), "fail"),
        (transform(NAME, 63072000), "fail"),
        (transform(NAME, GOOD, op="delete"), "not applicable"),
        ({**transform(NAME, GOOD), "args": UNKNOWN}, "unknown"),
        ({**transform(NAME, GOOD), "target": UNKNOWN}, "unknown"),
        ({**transform(NAME, GOOD), "args": Secret(json.dumps(GOOD))}, "pass"),
        (transform("X-Frame-Options", "DENY"), "not applicable"),
    ],
)
def test_one_transform(preview: PackProcess, given: Raw, verdict: str) -> None:
    assert preview.judge(route(given)).of(RULE).verdict == verdict


def test_message(preview: PackProcess) -> None:
    [message] = preview.judge(route(transform(NAME, "max-age=86400; includeSubDomains"))).of(RULE).messages
    assert message == (
        "route.transforms[0].args has a max-age of less than a year (31536000 seconds)\n"
        "mend: Set `max-age=63072000; includeSubDomains; preload` (`max-age` may not be below 31536000)."
    )


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(route({**transform(NAME, GOOD), "args": UNKNOWN})).of(RULE).verdict == "fail"


def test_vercel_json(preview: PackProcess) -> None:
    weak = vercel_json({"headers": [headers("/(.*)", Strict_Transport_Security="max-age=0")]})
    answer = preview.judge(weak).of(RULE)
    assert answer.verdict == "fail"
    assert any(message.startswith("content.headers[0].headers[0].value has max-age=0") for message in answer.messages)
    good = vercel_json({"headers": [headers("/(.*)", Strict_Transport_Security=GOOD)]})
    assert preview.judge(good).of(RULE).verdict == "pass"


def test_secret_value_is_never_shown(preview: PackProcess) -> None:
    weak = transform(NAME, "") | {"args": Secret(json.dumps(f"max-age={CANARY}; {CANARY}"))}
    answer = preview.judge(route(weak)).of(RULE)
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
    number = transform(NAME, "") | {"args": Secret(json.dumps("max-age=4242424"))}
    answer = preview.judge(route(number)).of(RULE)
    assert answer.verdict == "fail"
    assert "4242424" not in answer.text
