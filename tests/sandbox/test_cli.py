"""`python -m sandbox`, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.account import Account
from soc2_guardrails.engine import Engine

ROOT = Path(__file__).parents[2]

PROGRAM = """
import pulumiverse_vercel as vercel
vercel.Project("web", name="web")
"""


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Path:
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: soc2-guardrails\nruntime: python\nstackConfigDir: stacks\n")
    (folder / "stacks" / "Pulumi.storefront.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / ".soc2").mkdir()
    (folder / ".soc2" / "engine").symlink_to(engine.path.parent)
    return folder


def sandbox(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestTeaching:
    def test_help_lists_commands_with_examples(self, tmp_path: Path) -> None:
        shown = sandbox(tmp_path, "--help")
        assert shown.returncode == 0
        for part in ("demo", "mend", "account", "python -m sandbox preview storefront-risky"):
            assert part in shown.stdout

    @pytest.mark.parametrize("command", [["account", "list"], ["preview", "storefront"], ["env"]])
    def test_outside_a_project_the_mend_is_told(self, tmp_path: Path, command: list[str]) -> None:
        refused = sandbox(tmp_path, *command)
        assert refused.returncode == 1
        assert "Run this in the folder of the project" in refused.stderr
        assert "Traceback" not in refused.stderr


class TestAccount:
    @pytest.fixture
    def account(self, tmp_path: Path) -> Account:
        (tmp_path / "Pulumi.yaml").touch()
        (tmp_path / ".soc2" / "sandbox").mkdir(parents=True)
        return Account.open(tmp_path / ".soc2" / "sandbox" / "account.db")

    def test_an_empty_account_says_so(self, tmp_path: Path, account: Account) -> None:
        assert sandbox(tmp_path, "account", "list").stdout == "The account is empty.\n"
        assert json.loads(sandbox(tmp_path, "account", "list", "--json").stdout) == []

    def test_objects_are_listed_shown_changed_and_removed(self, tmp_path: Path, account: Account) -> None:
        account.create("vercel:index/project:Project", "prj_1", {"name": "[red]web", "open": True})
        assert "prj_1" in sandbox(tmp_path, "account", "list").stdout
        assert "Changed open" in sandbox(tmp_path, "account", "set", "prj_1", "open", "false").stdout
        shown = json.loads(sandbox(tmp_path, "account", "show", "prj_1").stdout)
        assert shown["properties"] == {"name": "[red]web", "open": False}
        assert "Removed" in sandbox(tmp_path, "account", "remove", "prj_1").stdout
        gone = sandbox(tmp_path, "account", "show", "prj_1")
        assert gone.returncode == 1
        assert "prj_1" in gone.stderr
        assert "Traceback" not in gone.stderr

    def test_a_damaged_account_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.yaml").touch()
        (tmp_path / ".soc2" / "sandbox").mkdir(parents=True)
        (tmp_path / ".soc2" / "sandbox" / "account.db").write_text("no database" * 100)
        refused = sandbox(tmp_path, "account", "list")
        assert refused.returncode == 1
        assert "account.db" in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.engine
class TestRuns:
    def test_drift_from_deployment_to_destruction(self, project: Path) -> None:
        up = sandbox(project, "up", "storefront", "--no-pack")
        assert up.returncode == 0, up.stdout + up.stderr
        (web,) = json.loads(sandbox(project, "account", "list", "--json").stdout)
        assert sandbox(project, "account", "set", web["id"], "name", "renamed").returncode == 0
        refreshed = sandbox(project, "refresh", "storefront")
        assert "1 updated" in refreshed.stdout
        assert sandbox(project, "destroy", "storefront").returncode == 0
        assert sandbox(project, "account", "list").stdout == "The account is empty.\n"

    def test_removed_credentials_are_named_on_one_line(self, project: Path) -> None:
        ran = sandbox(project, "preview", "storefront", "--no-pack", VERCEL_API_TOKEN="canary-1", GH_TOKEN="canary-2")
        assert ran.returncode == 0
        (line,) = [line for line in ran.stderr.splitlines() if "sandbox does not get" in line]
        assert "VERCEL_API_TOKEN" in line
        assert "GH_TOKEN" in line
        assert "canary" not in ran.stdout + ran.stderr

    def test_own_values_for_references_are_used_only_when_asked(self, project: Path) -> None:
        (project / "stacks" / "Pulumi.storefront.yaml").write_text("config:\n  soc2-guardrails:key: env://SHOP_NAME\n")
        (project / "__main__.py").write_text("import os, pulumi\npulumi.export('name', os.environ['SHOP_NAME'])\n")
        shown = sandbox(project, "preview", "storefront", "--no-pack", SHOP_NAME="my-shop").stdout
        assert "my-shop" not in shown
        assert "sandbox-" in shown
        asked = sandbox(project, "preview", "storefront", "--no-pack", "--own-values", SHOP_NAME="my-shop").stdout
        assert "my-shop" in asked

    def test_an_unknown_stack_is_refused_with_the_nearest(self, project: Path) -> None:
        refused = sandbox(project, "preview", "storefrnt", "--no-pack")
        assert refused.returncode == 1
        assert "did you mean storefront?" in refused.stderr

    def test_a_folder_that_is_no_pack_is_refused(self, project: Path) -> None:
        refused = sandbox(project, "preview", "storefront", "--pack", "stacks")
        assert refused.returncode == 1
        assert "PulumiPolicy.yaml" in refused.stderr
        assert "Traceback" not in refused.stderr

    def test_without_a_pack_of_its_own_a_project_is_judged_by_this_one(self, project: Path) -> None:
        refused = sandbox(project, "preview", "storefront")
        assert refused.returncode == 2
        assert "project-deployment-protection" in refused.stdout
        assert "SANDBOX" in refused.stdout

    def test_records_are_the_sandboxs_own_and_signed_by_its_key(self, project: Path) -> None:
        (project / "soc2.yaml").write_text("evidence: {store: {kind: folder, path: real}}\n")
        assert sandbox(project, "preview", "storefront").returncode == 2
        assert not (project / "real").exists()
        chain = "sandbox/soc2-guardrails/storefront/previews"
        verified = sandbox(project, "exec", "--", "soc2", "evidence", "verify", chain)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert "consistent, of the sandbox: no evidence" in verified.stdout
        assert "signed by key" in verified.stdout

    def test_the_projects_own_pack_and_configuration_judge(self, project: Path) -> None:
        (project / "soc2.yaml").write_text("policyPack: {configuration: policy.json}\n")
        (project / "policy.json").write_text('{"all": "advisory"}')
        judged = sandbox(project, "preview", "storefront")
        assert judged.returncode == 0, judged.stdout + judged.stderr
        assert "advisories" in judged.stdout

    def test_a_configuration_can_be_tried(self, project: Path) -> None:
        (project / "policy.json").write_text('{"all": "advisory"}')
        judged = sandbox(project, "preview", "storefront", "--policy-pack-config", "policy.json")
        assert judged.returncode == 0, judged.stdout + judged.stderr
        unused = sandbox(project, "preview", "storefront", "--policy-pack-config", "policy.json", "--no-pack")
        assert unused.returncode == 2
        assert "leave out --pack and --policy-pack-config" in unused.stderr

    def test_soc2_and_the_engine_leave_the_projects_own_files_alone(self, project: Path) -> None:
        files = {file: file.read_bytes() for file in project.rglob("Pulumi*.yaml")}
        assert sandbox(project, "preview", "storefront").returncode == 2
        (project / "policy.json").write_text('{"all": "advisory"}')
        command = ("soc2", "preview", "--stack", "storefront", "--policy-pack-config", "policy.json")
        judged = sandbox(project, "exec", "--", *command)
        assert judged.returncode == 0, judged.stdout + judged.stderr
        assert files == {file: file.read_bytes() for file in files}

    def test_any_command_runs_in_the_sandbox_from_the_projects_folder(self, project: Path) -> None:
        script = 'printf "%s %s %s\\n" "$PWD" "$SOC2_SANDBOX" "${GH_TOKEN-unset}"; command -v soc2; exit 7'
        ran = sandbox(project / "stacks", "exec", "--", "sh", "-c", script, GH_TOKEN="canary-4711")
        home = project / ".soc2" / "sandbox"
        assert ran.returncode == 7
        assert ran.stdout == f"{project} {home} unset\n{home / 'bin' / 'soc2'}\n"
        missing = sandbox(project, "exec", "--", "no-such-command")
        assert missing.returncode == 1
        assert "There is no command 'no-such-command'" in missing.stderr
        assert sandbox(project, "exec").returncode != 0

    def test_exit_codes_are_the_clis(self, project: Path) -> None:
        assert sandbox(project, "pulumi", "--", "version").stdout.startswith("v3.")
        cli = sandbox(project, "pulumi", "--", "stack", "select", "nowhere")
        assert cli.returncode != 0
        (project / "__main__.py").write_text("import sys\nsys.exit(7)\n")
        assert sandbox(project, "preview", "storefront", "--no-pack").returncode != 0

    def test_a_stack_without_an_interruption_needs_no_mending(self, project: Path) -> None:
        assert "needs no mending" in sandbox(project, "mend", "storefront").stdout

    def test_printed_environment_makes_a_shell_one_of_the_sandbox(self, project: Path) -> None:
        lines = sandbox(project, "env", GH_TOKEN="canary-4711").stdout
        assert "canary" not in lines
        shown = subprocess.run(
            [
                "sh",
                "-c",
                f'{lines}\nprintf \'%s %s\' "$PULUMI_BACKEND_URL" "${{GH_TOKEN-unset}}"; pwd; command -v soc2',
            ],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "GH_TOKEN": "canary-4711"},
        ).stdout
        home = project / ".soc2" / "sandbox"
        assert shown == f"{(home / 'state').as_uri()}?metadata=skip unset{home / 'project'}\n{home / 'bin' / 'soc2'}\n"
