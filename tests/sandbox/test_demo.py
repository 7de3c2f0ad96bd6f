"""The demo as a newcomer runs it, and that the README shows what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from policies.judge.registry import rules
from soc2_guardrails.settings import load_stack_file
from tests.stacks.expected_violations import STOREFRONT_RISKY


def run_demo(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"],
        cwd=checkout,
        env={**os.environ, "VERCEL_API_TOKEN": "canary-of-the-host", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def in_sandbox(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "exec", "--", *command],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.engine
def test_the_demo_shows_what_it_says_and_the_readme_shows_the_demo(checkout: Path, repository: Path) -> None:
    shown = run_demo(checkout)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    out = shown.stdout
    criteria = {rule.id: rule.criterion for rule in rules()}
    for rule in STOREFRONT_RISKY:
        assert f"{criteria[rule]}  {rule}" in out
    assert re.search(
        rf"REFUSED: \d+ to create; \d+ violations of {len(STOREFRONT_RISKY)} rules in \d+ resources[.;] ", out
    )
    assert "Exit code 2. Nothing was created: the account holds 0 objects." in out
    assert re.search(r"CARRIED OUT: \d+ created; no violation[.;]", out)
    assert re.search(r"ALLOWED: \d+ unchanged; no violation[.;]", out)
    assert "No changes. Exit code 0." in out
    assert "Secrets are made up and come by env://" in out
    assert "What was proved" in out
    assert "VERCEL_API_TOKEN" in shown.stderr, "the token that the sandbox does not get is named"
    assert "canary-of-the-host" not in shown.stdout + shown.stderr

    readme = (repository / "README.md").read_text("utf-8")
    excerpt = readme.partition("<!-- demo -->\n```\n")[2].partition("\n```\n<!-- /demo -->")[0]
    printed = out.splitlines()
    for line in filter(None, excerpt.splitlines()):
        if line.strip() != "...":
            assert any(each.startswith(line.removesuffix(" ...")) for each in printed), f"the demo prints no {line!r}"

    # What the demo says of its records is what somebody finds who verifies them afterwards.
    report = json.loads(in_sandbox(checkout, "soc2", "evidence", "verify", "--json").stdout)
    assert {each["chain"]: (each["verdict"], each["firstBad"], each["unsigned"]) for each in report["chains"]} == {
        f"sandbox/soc2-guardrails/{chain}": ("sandbox", None, 0)
        for chain in ("storefront-risky/previews", "storefront/previews", "storefront/updates")
    }
    assert not (checkout / ".soc2" / "evidence").exists(), "a sandbox keeps its records to itself"

    # A second demo starts from what the first one left, and shows the same.
    again = run_demo(checkout)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "destroying them" in again.stdout
    assert re.search(r"CARRIED OUT: \d+ created", again.stdout)


def test_the_readmes_stack_file_is_one(repository: Path, tmp_path: Path) -> None:
    readme = (repository / "README.md").read_text("utf-8")
    [stack_file] = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "Pulumi.web.yaml").write_text(stack_file, "utf-8")
    environment = {"STRIPE_SECRET_KEY": "x" * 16, "LOG_SIGNING_SECRET": "x" * 32}
    settings = load_stack_file(tmp_path, "web", environment)
    assert settings
    assert list(settings.projects) == ["web"]
