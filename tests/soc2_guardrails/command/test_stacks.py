"""`soc2 stacks check` and `soc2 schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2_guardrails.settings.stack_schema import stack_file_schema
from soc2_guardrails.workspace.schema import workspace_schema

from .soc2 import soc2


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nstackConfigDir: stacks\n")
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    settings = "config: {{soc2-guardrails:settings: {{projects: {{a: {{repository: {}}}}}}}}}"
    (stacks / "Pulumi.good.yaml").write_text(settings.format("b/c"))
    (stacks / "Pulumi.bad.yaml").write_text(settings.format("b"))
    return tmp_path


def test_every_stack_is_checked(project: Path) -> None:
    checked = soc2("stacks", "check", cwd=project)
    assert checked.returncode == 1
    assert checked.stdout == "good: the settings are allowed\n"
    assert '.projects.a.repository: given "b"; allowed: a GitHub repository' in checked.stderr


def test_one_that_is_named(project: Path) -> None:
    assert soc2("stacks", "check", "good", cwd=project).returncode == 0
    unknown = soc2("stacks", "check", "goood", cwd=project)
    assert unknown.returncode == 1
    assert "did you mean good?" in unknown.stderr


def test_as_json(project: Path) -> None:
    checked = soc2("stacks", "check", "--json", cwd=project)
    assert checked.returncode == 1
    bad, good = json.loads(checked.stdout)
    assert good == {"stack": "good", "problems": []}
    assert bad["stack"] == "bad"
    assert len(bad["problems"]) == 1


def test_from_elsewhere(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert soc2("-C", str(project), "stacks", "check", "good", cwd=elsewhere).returncode == 0
    assert soc2("stacks", "check", "good", "--folder", str(project / "stacks"), cwd=elsewhere).returncode == 0
    lost = soc2("stacks", "check", cwd=elsewhere)
    assert lost.returncode == 1
    assert "name it with -C" in lost.stderr


def test_schemas_are_written_where_editors_look(project: Path) -> None:
    written = soc2("schema", cwd=project / "stacks")
    assert written.returncode == 0, written.stderr
    assert (project / "stacks" / "schema.json").read_text("utf-8") == stack_file_schema()
    assert (project / "soc2.schema.json").read_text("utf-8") == workspace_schema()
