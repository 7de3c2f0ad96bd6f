"""Pull requests that try to be allowed without being compliant, through the steps of the workflows themselves."""

from __future__ import annotations

import json
import sys

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
                "matches": [
                    {
                        "policies": ["firewall-enabled"],
                        "urns": [
                            "urn:pulumi:storefront-risky::*::vercel:index/firewallConfig:FirewallConfig::shop-firewall"
                        ],
                    }
                ],
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
    wall = "urn:pulumi:storefront-risky::soc2-guardrails::vercel:index/firewallConfig:FirewallConfig::shop-firewall"
    what = "CC6.6: enabled is false, so no rule of this firewall is applied to any request"
    known = {"rule": "firewall-enabled", "urn": wall, "kind": "violation", "message": what}
    judged = pull_request(
        {
            # A weaker pack, a pack that says of itself what it likes, and whatever could name another.
            "policies/boundary/firewall_enabled.py": "",
            "policies/__main__.py": "import sys\nsys.exit(0)\n",
            "soc2.yaml": "policyPack:\n  configuration: lax.json\nevidence:\n  store: {kind: folder, path: other}\n",
            ".github/soc2.yaml": "policyPack:\n  path: ../policies\n  configuration: ../lax.json\n",
            "lax.json": ALL_ADVISORY,
            "scripts/action": "#!/bin/sh\nexit 0\n",
            "action.yml": "name: nothing\nruns:\n  using: composite\n  steps: []\n",
            ".github/workflows/soc2-judge.yml": "name: nothing\n",
            ".github/workflows/soc2-preview.yml": "name: nothing\n",
        },
        stack=RISKY,
        known={"evaluated": True, "findings": [known]},
    )
    refused(judged)
    assert judged.report["pack"]["digest"] == base
    assert {"firewall-enabled", "stack-log-drain-covers-production", "secret-in-plain-sink"} <= rules_violated(judged)
    assert judged.preview.result == "failure"
    told = {
        (each["rule"], each["urn"]): each["new"] for each in judged.report["findings"] if each["kind"] == "violation"
    }
    assert told.pop(("firewall-enabled", wall)) is False
    assert set(told.values()) == {True}
    new = [each for each in judged.report["findings"] if each["kind"] == "violation" and each["new"]]
    assert f"{len(new)} new" in judged.judge.summary


def test_a_waiver_counts_once_it_is_on_the_base(pull_request: PullRequest, project: Repository) -> None:
    stated = "policyPack:\n  path: ../policies\n  configuration: levels.json\n"
    project.commit("main", {".github/soc2.yaml": stated, ".github/levels.json": "{}"})
    judged = pull_request({".github/levels.json": json.dumps(WAIVED)}, stack=RISKY)
    refused(judged)
    assert "firewall-enabled" in rules_violated(judged)
    assert not [each for each in judged.report["findings"] if each["kind"] == "waived"]


HOSTILE_PROGRAM = """
import os, pathlib, signal, sys, time

workspace = pathlib.Path(os.environ["GITHUB_WORKSPACE"])
print("::stop-commands::x")
print("::error file=stacks/Pulumi.storefront.yaml,line=1::forged")
print("::set-output name=code::0")
print("ALLOWED: no violation.")
for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"):
    if os.environ.get(name):
        pathlib.Path(os.environ[name]).write_text("code=0\\n")
        (workspace / "reached").touch()
for journal in pathlib.Path(os.environ.get("SOC2_JOURNAL", "/nowhere")).glob("*.jsonl"):
    journal.write_text("")
sys.stdout.flush()
time.sleep(1)  # what was printed is in the log before the engine fails
machine = f"TEST_MACHINE={os.environ['TEST_MACHINE']}".encode()  # the packs of other tests are not its to end
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        command = (process / "cmdline").read_bytes().split(b"\\0")
        if machine not in (process / "environ").read_bytes().split(b"\\0"):
            continue
    except OSError:
        continue
    if b"pulumi.policy" in command or any(each.endswith(b"/policies") for each in command):
        (workspace / "killed").touch()
        os.kill(int(process.name), signal.SIGKILL)
"""


def test_a_hostile_program_is_refused(pull_request: PullRequest, project: Repository) -> None:
    judged = pull_request({"__main__.py": HOSTILE_PROGRAM + project.read("__main__.py")}, stack=RISKY)
    refused(judged)
    assert judged.preview.result == "failure"
    workspace = judged.preview.machine / "workspace"
    assert (workspace / "killed").exists(), "the program never attacked, so nothing is shown"
    assert not (workspace / "reached").exists()
    assert "::error file=stacks/Pulumi.storefront.yaml" in judged.preview.log
    assert not [each for each in judged.preview.commands if "forged" in each or "set-output" in each]
    assert "forged" not in judged.judge.log
    assert "ALLOWED" not in judged.judge.summary


def test_hostile_requirements_are_refused(pull_request: PullRequest, project: Repository) -> None:
    # What a package can do by being installed: bend every Python of the environment that the program runs on.
    setup = """#!/bin/sh
for folder in change/.soc2/venv/lib/python*/site-packages; do cp change/bend.py "$folder/sitecustomize.py"; done
"""
    bend = """
import sys
from pathlib import Path

if "pulumi.policy" in sys.orig_argv:
    weak = Path(sys.prefix).parents[1] / "policies"
    sys.argv = [str(weak) if each.endswith("policies") else each for each in sys.argv]
    Path(sys.prefix, "bent").touch()
"""
    judged = pull_request(
        {
            "scripts/setup": setup,
            "bend.py": bend,
            "policies/boundary/firewall_enabled.py": "",
        },
        stack=RISKY,
    )
    assert (judged.preview.machine / "workspace/change/.soc2/venv/bent").exists(), "nothing was bent"
    # The pack that answered in the first job is not the one that was meant to.
    assert "NOT EVALUATED: the journal is of a pack with the digest" in judged.preview.log
    refused(judged)
    assert "firewall-enabled" in rules_violated(judged)


def test_another_project_is_refused(pull_request: PullRequest, project: Repository) -> None:
    renamed = project.read("Pulumi.yaml").replace("name: soc2-guardrails", "name: another-name")
    judged = pull_request({"Pulumi.yaml": renamed})
    refused(judged)
    assert "is of another-name/storefront, and not of soc2-guardrails/storefront" in judged.judge.log


FORGING_PROGRAM = """
import os, subprocess, sys

if os.environ.get("GITHUB_EVENT_NAME") == "pull_request":
    forger = '''
import os, pathlib, sys, time
planned = pathlib.Path(sys.argv[1])
while not planned.exists() or not planned.read_bytes().endswith(b"}"):
    time.sleep(0.01)
planned.write_bytes(pathlib.Path(sys.argv[2]).read_bytes())
'''
    workspace = os.environ["GITHUB_WORKSPACE"]
    subprocess.Popen(
        [sys.executable, "-c", forger, f"{workspace}/planned.json", f"{workspace}/change/forged.json"],
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
"""


def test_what_a_check_on_a_pull_request_cannot_prove(pull_request: PullRequest, project: Repository) -> None:
    """A program can forge its plan on its own machine; docs/trust.md says what closes that."""
    urn = "urn:pulumi:storefront-risky::soc2-guardrails::pulumi:pulumi:Stack::soc2-guardrails-storefront-risky"
    root = {"urn": urn, "type": "pulumi:pulumi:Stack", "operation": "create"}
    forged = {
        "format": "soc2-guardrails/planned-state/v1",
        "project": "soc2-guardrails",
        "stack": RISKY,
        "sandbox": True,
        "resources": [root],
    }
    judged = pull_request(
        {"__main__.py": FORGING_PROGRAM + project.read("__main__.py"), "forged.json": json.dumps(forged)}, stack=RISKY
    )
    # The plan that was judged was forged; the first job, which saw the real one, is what refuses here.
    assert json.loads((judged.judge.machine / "workspace/planned/planned.json").read_text()) == forged
    assert rules_violated(judged) == set()
    assert judged.preview.result == "failure"
    refused(judged)
    assert "⛔ Refused at the preview" in judged.judge.summary
