"""Configuration on its way through the real engine (`--policy-pack-config`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from policies.judge.waivers import utc_today
from sandbox.home import Sandbox

pytestmark = pytest.mark.engine

TODAY = utc_today()
FIREWALL = "stack-firewall-per-exposed-project"
PROJECT, PROJECTS = "vercel:index/project:Project", ("shop", "back-office")


def waiver(**changes: Any) -> dict[str, Any]:
    stated = {
        "reason": "moves behind the gateway this month",
        "approver": "Ada Lovelace",
        "ticket": "SEC-12",
        "opened": f"{TODAY - timedelta(2)}",
        "expires": f"{TODAY + timedelta(20)}",
        "matches": [
            {
                "policies": [FIREWALL],
                "urns": [f"urn:pulumi:storefront-risky::*::{PROJECT}::{name}" for name in PROJECTS],
            }
        ],
        **changes,
    }
    return {"pack": {"profile": "advisory", "mandatory": [FIREWALL], "maxWaiverDays": 30, "waivers": [stated]}}


@pytest.mark.parametrize(
    ("config", "told", "passes"),
    [
        ({"env-secret-must-be-sensitivee": "advisory"}, "did you mean env-secret-must-be-sensitive?", False),
        (
            {"firewall-enabled": {"enforcementLevel": "mandatory", "maxAge": 3}},
            "firewall-enabled.maxAge: there is no such key; there is onUnknown",
            False,
        ),
        ({"firewall-enabled": {"onUnknown": "ignore"}}, "firewall-enabled: onUnknown", False),
        ({"firewall-enabled": "disabled"}, "firewall-enabled is switched off by the policy configuration", False),
        ({"all": "advisory"}, "[advisory]", True),
        ({"all": "disabled"}, "mend: set its level, or that of `all`, to mandatory or advisory", True),
        ({"pack": {"profile": "advisory"}}, "[advisory]", True),
        ({"pack": {"profile": "advisory", "mandatory": [FIREWALL]}}, "[mandatory]", False),
        (waiver(), f"waived until {TODAY + timedelta(20)} by Ada Lovelace (SEC-12): ", True),
        (waiver(expires=f"{TODAY - timedelta(1)}"), "so the waiver SEC-12 waives nothing any more", False),
        (waiver(aprover="Ada"), "pack: waivers.0: Additional property aprover is not allowed", False),
        (
            {"pack": {"projects": {"production": ["gone"]}}},
            "pack.projects.production[0] matches no Vercel project",
            False,
        ),
        ({"pack": {"projects": {"prod": ["shop"]}}}, "pack: projects: Additional property prod is not allowed", False),
        ({"pack": {"plan": {"vercel": "pro"}, "profil": "org"}}, "pack.profil: there is no such key; did you", False),
    ],
    ids=[
        "unknown rule",
        "unknown key",
        "unknown value",
        "one rule off",
        "all advisory",
        "all off",
        "profile",
        "profile with a mandatory rule",
        "waived",
        "waiver expired",
        "unknown key of a waiver",
        "a project that is gone",
        "unknown key of the projects",
        "unknown key of the pack",
    ],
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
