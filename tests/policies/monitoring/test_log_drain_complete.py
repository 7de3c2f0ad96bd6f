from __future__ import annotations

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import LOG_DRAIN

from ..pack_process import PackProcess

RULE = "log-drain-complete"
CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"
SOURCES: list[Raw] = ["static", "edge", "external", "build", "lambda", "firewall", "redirect"]


def drain(**properties: Raw) -> Resource:
    stated: dict[str, Raw] = {
        "deliveryFormat": "json",
        "endpoint": "https://logs.example.com/in",
        "environments": ["production"],
        "headers": Secret({"authorization": CANARY}),
        "projectIds": [UNKNOWN],
        "secret": Secret(CANARY),
        "sources": SOURCES,
        **properties,
    }
    return resource(LOG_DRAIN, "siem", {key: value for key, value in stated.items() if value is not None})


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"secret": Secret(UNKNOWN), "headers": Secret(UNKNOWN), "endpoint": UNKNOWN}, "pass"),
        ({"environments": ["production", "preview"], "deliveryFormat": "ndjson", "samplingRate": 1.0}, "pass"),
        ({"sources": SOURCES[:-1]}, "fail"),
        ({"sources": []}, "fail"),
        ({"sources": None}, "fail"),
        ({"sources": "lambda"}, "fail"),
        ({"sources": [*SOURCES, 1.0]}, "fail"),
        ({"sources": UNKNOWN}, "unknown"),
        ({"sources": [*SOURCES[:-1], UNKNOWN]}, "unknown"),
        ({"sources": [*SOURCES[:-2], UNKNOWN]}, "fail"),
        ({"sources": [*SOURCES, UNKNOWN]}, "pass"),
        ({"environments": ["preview"]}, "fail"),
        ({"environments": None}, "fail"),
        ({"environments": ["preview", UNKNOWN]}, "unknown"),
        ({"environments": UNKNOWN}, "unknown"),
        ({"samplingRate": 0.5}, "fail"),
        ({"samplingRate": 0.0}, "fail"),
        ({"samplingRate": "all"}, "fail"),
        ({"samplingRate": UNKNOWN}, "unknown"),
        ({"deliveryFormat": "syslog"}, "fail"),
        ({"deliveryFormat": None}, "fail"),
        ({"deliveryFormat": UNKNOWN}, "unknown"),
        ({"sources": UNKNOWN, "samplingRate": 0.5}, "fail"),
    ],
)
def test_drains(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    answer = preview.judge(drain(**given)).of(RULE)
    assert answer.verdict == verdict
    assert CANARY not in answer.text


def test_messages_name_what_is_lost(preview: PackProcess) -> None:
    lossy = drain(sources=SOURCES[:5], environments=["preview"], samplingRate=0.1, deliveryFormat="syslog")
    assert preview.judge(lossy).of(RULE).messages == [
        "sources leaves out firewall and redirect, so their logs are lost\nmend: add firewall and redirect to sources",
        "environments leaves out production, so nothing it logs is drained\nmend: add production to environments",
        "samplingRate is not 1, so only a sample of the log is drained\nmend: leave samplingRate out, or set it to 1",
        "deliveryFormat is no structured format\nmend: set deliveryFormat to json or ndjson",
    ]


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(drain(sources=UNKNOWN)).of(RULE).verdict == "fail"
