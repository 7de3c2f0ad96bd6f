"""Configuration on its way through the real engine (`--policy-pack-config`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.home import Sandbox

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("config", "told", "passes"),
    [
        ({"env-secret-must-be-sensitivee": "advisory"}, "did you mean env-secret-must-be-sensitive?", False),
        (
            {"firewall-enabled": {"enforcementLevel": "mandatory", "maxAge": 3}},
            "firewall-enabled.maxAge: there is no such key",
            False,
        ),
        ({"firewall-enabled": "disabled"}, "firewall-enabled is switched off by the policy configuration", False),
        ({"all": "advisory"}, "[advisory]", True),
        ({"all": "disabled"}, "is switched off by the policy configuration", True),
    ],
    ids=["unknown rule", "unknown key", "one rule off", "all advisory", "all off"],
)
def test_what_the_engine_is_told_reaches_the_pack(
    make_sandbox: Callable[..., Sandbox],
    repository: Path,
    tmp_path: Path,
    config: dict[str, object],
    told: str,
    passes: bool,
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), "utf-8")
    pack = repository / "policies"
    run = make_sandbox().preview("storefront-risky", "--policy-pack-config", str(file), pack=pack, timeout=180)
    assert (run.returncode == 0) is passes, run.stdout + run.stderr
    assert told in run.stdout + run.stderr
