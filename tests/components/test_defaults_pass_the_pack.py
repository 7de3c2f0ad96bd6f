"""A stack made of the components violates no rule while only what has no default is given."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import MakeSandbox

PROGRAM = """
from datetime import UTC, datetime

import pulumi

from components import EnvironmentVariables, LogDrain, ProtectedRepository, SecurityHeaders, WebProject

repository = ProtectedRepository("shop", {"required_checks": ["build"]})
shop = WebProject(
    "shop",
    {"repository": "acme/shop", "domains": [{"domain": "shop.acme.example"}]},
    pulumi.ResourceOptions(depends_on=[repository]),
)
SecurityHeaders("shop", {"project_id": shop.project_id})
rotated = datetime.now(UTC).date()
source = {"comment": f"secret-ref=vault://kv/shop#AUTH_SECRET version=7 rotated={rotated}", "version": 1}
secret = pulumi.Output.secret("made-up-" + "x" * 32)
EnvironmentVariables(
    "shop",
    {
        "project_id": shop.project_id,
        "variables": [
            {
                "key": "AUTH_SECRET",
                "production": secret,
                "production_source": source,
                "preview": pulumi.Output.secret("other"),
                "preview_source": source,
            }
        ],
    },
)
LogDrain(
    "logs",
    {"endpoint": "https://logs.acme.example/in", "project_ids": [shop.project_id], "signing_secret": secret},
)
"""


@pytest.mark.engine
def test_defaults_pass_the_pack(make_sandbox: MakeSandbox, tmp_path: Path, repository: Path) -> None:
    program = tmp_path / "program"
    shutil.copytree(repository / "components", program / "components", ignore=shutil.ignore_patterns("__pycache__"))
    (program / "__main__.py").write_text(PROGRAM)
    (program / "stacks").mkdir()
    # The owner of the repository that the project names: a rule compares the two.
    (program / "stacks" / "Pulumi.dev.yaml").write_text("config: {github:owner: acme}\n")
    sandbox = make_sandbox(program)
    for run in (sandbox.preview, sandbox.up):
        completed = run("dev", pack=repository / "policies")
        output = completed.stdout + completed.stderr
        assert completed.returncode == 0, output
        assert "[mandatory]" not in output
        assert "[advisory]" not in output
        assert "soc2-guardrails" in output, "the pack did not run"
