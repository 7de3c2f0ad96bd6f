"""The demo as a newcomer runs it, and that the README shows what it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policies.judge.registry import rules
from soc2_guardrails.engine import Engine
from soc2_guardrails.settings import load_stack_file

PARTS = ("__main__.py", "Pulumi.yaml", "components", "policies", "sandbox", "soc2_guardrails", "stacks")


@pytest.fixture(scope="module")
def checkout(repository: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a `.soc2` of its own, the engine already there."""
    root = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        source, target = repository / part, root / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    (root / ".soc2").mkdir()
    (root / ".soc2" / "engine").symlink_to(engine.path.parent)
    return root


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


@pytest.mark.engine
def test_the_demo_shows_what_it_says_and_the_readme_shows_the_demo(checkout: Path, repository: Path) -> None:
    shown = run_demo(checkout)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    out = shown.stdout
    for rule in rules():
        assert f"{rule.criterion}  {rule.id}" in out
    assert re.search(
        rf"Refused: \d+ violations of {len(rules())} rules in \d+ resources\. The preview's exit code is [1-9]", out
    )
    assert "Nothing was created: the account holds 0 objects." in out
    assert re.search(r"Deployed: \d+ created\. Exit code 0\.", out)
    assert re.search(r"No changes: \d+ unchanged\. Exit code 0\.", out)
    assert "What was proved" in out
    assert "VERCEL_API_TOKEN" in shown.stderr, "the token that the sandbox does not get is named"
    assert "canary-of-the-host" not in shown.stdout + shown.stderr

    readme = (repository / "README.md").read_text("utf-8")
    excerpt = readme.partition("<!-- demo -->\n```\n")[2].partition("\n```\n<!-- /demo -->")[0]
    printed = out.splitlines()
    for line in filter(None, excerpt.splitlines()):
        if line.strip() != "...":
            assert any(each.startswith(line.removesuffix(" ...")) for each in printed), f"the demo prints no {line!r}"

    # A second demo starts from what the first one left, and shows the same.
    again = run_demo(checkout)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "destroying them" in again.stdout
    assert re.search(r"Deployed: \d+ created", again.stdout)


def test_the_readmes_stack_file_is_one(repository: Path, tmp_path: Path) -> None:
    readme = (repository / "README.md").read_text("utf-8")
    [stack_file] = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "Pulumi.web.yaml").write_text(stack_file, "utf-8")
    environment = {"STRIPE_SECRET_KEY": "x" * 16, "LOG_SIGNING_SECRET": "x" * 32}
    settings = load_stack_file(tmp_path, "web", environment)
    assert settings
    assert list(settings.projects) == ["web"]
