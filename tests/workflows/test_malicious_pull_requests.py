"""Pull requests that try to be allowed without being compliant, through the steps of the workflows themselves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from soc2_guardrails.packs import pack_digest

from .conftest import Judged, PullRequest, Repository

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="a machine's processes are found in /proc"),
]

RISKY = "storefront-risky"
ALL_ADVISORY = json.dumps({"all": "advisory", "pack": {"profile": "advisory"}})
WAIVED = {
    "pack": {
        "maxWaiverDays": 366,
        "waivers": [
            {
                "reason": "trust me",
                "approver": "Mallory",
                "ticket": "SEC-1",
                "opened": "2026-11-01",
                "expires": "2027-01-01",
                "matches": [{"policies": ["firewall-enabled"], "urns": ["urn:pulumi:storefront-risky::*FirewallConfig*"]}],
            }
        ],
    }
}


def refused(judged: Judged) -> None:
    """The verdict on the commit, the report and the comment say so."""
    assert judged.judge.result == "failure"
    assert judged.status["sha"] == judged.head
    assert judged.status["state"] == "failure"


def rules_violated(judged: Judged) -> set[str]:
    return {each["rule"] for each in judged.report["findings"] if each["kind"] == "violation"}


def test_a_sound_change_is_allowed(pull_request: PullRequest) -> None:
    judged = pull_request({"docs/note.md": "Nothing."})
    assert judged.preview.result == "success", judged.preview.log
    assert judged.judge.result == "success", judged.judge.log
    assert judged.status["state"] == "success"
    assert "✅ Allowed" in judged.judge.summary


def test_the_rules_of_the_change_do_not_judge_it(pull_request: PullRequest, project: Repository) -> None:
    base = pack_digest(project.origin / "policies")
    judged = pull_request(
        {
            # A weaker pack, a pack that says of itself what it likes, and whatever could name another.
            "policies/boundary/firewall_enabled.py": "",
            "policies/__main__.py": "import sys\nsys.exit(0)\n",
            "soc2.yaml": "policyPack:\n  configuration: lax.json\nevidence:\n  store:\n    kind: folder\n    path: /tmp\n",
            ".github/soc2.yaml": "policyPack:\n  path: ../policies\n  configuration: ../lax.json\n",
            "lax.json": ALL_ADVISORY,
            "scripts/action": "#!/bin/sh\nexit 0\n",
            "action.yml": "name: nothing\nruns:\n  using: composite\n  steps: []\n",
            ".github/workflows/soc2-judge.yml": "name: nothing\n",
            ".github/workflows/soc2-preview.yml": "name: nothing\n",
        },
        stack=RISKY,
    )
    refused(judged)
    assert judged.report["pack"]["digest"] == base
    assert {"firewall-enabled", "stack-log-drain-covers-production", "secret-in-plain-sink"} <= rules_violated(judged)
    assert judged.preview.result == "failure"


def test_a_waiver_counts_once_it_is_on_the_base(pull_request: PullRequest, project: Repository) -> None:
    stated = "policyPack:\n  path: ../policies\n  configuration: levels.json\n"
    project.commit("main", {".github/soc2.yaml": stated, ".github/levels.json": "{}"})
    judged = pull_request({".github/levels.json": json.dumps(WAIVED)}, stack=RISKY)
    refused(judged)
    assert "firewall-enabled" in rules_violated(judged)
    assert not [each for each in judged.report["findings"] if each["kind"] == "waived"]
