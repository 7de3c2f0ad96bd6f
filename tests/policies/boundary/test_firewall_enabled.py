from __future__ import annotations

import pytest

from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import FIREWALL_CONFIG

from ..pack_process import PackProcess

RULE = "firewall-enabled"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"enabled": True}, "pass"),
        ({"enabled": False}, "fail"),
        ({"enabled": Secret(False)}, "fail"),
        ({"enabled": "true"}, "fail"),
        ({"enabled": UNKNOWN}, "unknown"),
    ],
)
def test_enabled(preview: PackProcess, given: dict[str, Raw], verdict: str) -> None:
    firewall = resource(FIREWALL_CONFIG, "shop", {"projectId": UNKNOWN, **given})
    assert preview.judge(firewall).of(RULE).verdict == verdict


def test_message(preview: PackProcess) -> None:
    [message] = preview.judge(resource(FIREWALL_CONFIG, "shop", {"enabled": False})).of(RULE).messages
    assert message == (
        "enabled is false, so no rule of this firewall is applied to any request\n"
        "mend: set enabled to true or leave it out"
    )


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    assert update.judge(resource(FIREWALL_CONFIG, "shop", {"enabled": UNKNOWN})).of(RULE).verdict == "fail"
