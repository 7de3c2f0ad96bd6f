"""A log drain sends everything, signed, and keeps its secrets."""

import re
from typing import Any

import pytest

from components import LogDrain, LogDrainArgs
from tests.components.recorder import Declared, declared_by, named

CANARY = "canary-4f1e"


def declare(**given: Any) -> Declared:
    args: LogDrainArgs = {
        "endpoint": "https://logs.acme.example/in",
        "project_ids": ["prj_1"],
        "signing_secret": "s" * 32,
        **given,  # type: ignore[typeddict-item]
    }
    return named(declared_by(lambda: LogDrain("audit", args)), "vercel:index/logDrain:LogDrain", "audit")


def test_everything_is_sent() -> None:
    drain = declare(headers={"Authorization": "Bearer x"})
    assert drain.inputs == {
        "name": "audit",
        "projectIds": ["prj_1"],
        "endpoint": "https://logs.acme.example/in",
        "deliveryFormat": "json",
        "environments": ["production", "preview"],
        "sources": ["static", "edge", "external", "build", "lambda", "firewall", "redirect"],
        "headers": {"Authorization": "Bearer x"},
        "secret": "s" * 32,
    }
    assert drain.secret == {"headers", "secret"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"endpoint": f"http://logs.acme.example/{CANARY}"}, "audit: the endpoint is no https address"),
        (
            {"endpoint": f"https://user:{CANARY}@logs.acme.example"},
            "audit: the endpoint carries credentials; send them in a header",
        ),
        ({"project_ids": []}, "audit: project_ids is empty; name the projects whose logs are drained"),
        ({"headers": dict.fromkeys("abcdef", CANARY)}, "audit: 6 headers are given; Vercel takes 5 at most"),
        ({"signing_secret": CANARY}, "the signing secret has 11 characters; it needs at least 32"),
    ],
)
def test_unsafe_drains_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        declare(**given)
    assert CANARY not in str(caught.value)
