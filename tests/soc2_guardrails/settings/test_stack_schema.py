"""The JSON Schema in the repository is the one of the models, and the stack files use it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soc2_guardrails.settings.__main__ import app
from soc2_guardrails.settings.models import Settings
from soc2_guardrails.settings.stack_schema import stack_file_schema

STACKS = Path(__file__).resolve().parents[3] / "stacks"


def test_the_schema_in_the_repository_is_current() -> None:
    stored = (STACKS / "schema.json").read_text(encoding="utf-8")
    assert stored == stack_file_schema(), "run `python -m soc2_guardrails.settings schema`"


@pytest.mark.parametrize("path", sorted(STACKS.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_editors_find_the_schema(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    schema = json.loads(stack_file_schema())
    references = set(_references(schema))
    assert references
    assert references <= {f"#/$defs/{name}" for name in schema["$defs"]}


def test_the_schema_has_the_keys_of_the_settings() -> None:
    schema = json.loads(stack_file_schema())
    assert set(schema["$defs"]["Settings"]["properties"]) == {
        field.alias or name for name, field in Settings.model_fields.items()
    }


def test_the_command_writes_the_schema(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["schema", "--folder", str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == stack_file_schema()


def test_the_command_checks_stacks(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.good.yaml").write_text("config: {soc2-guardrails:settings: {projects: {a: {repository: b/c}}}}")
    (tmp_path / "Pulumi.bad.yaml").write_text("config: {soc2-guardrails:settings: {projects: {a: {repository: b}}}}")
    result = CliRunner().invoke(app, ["check", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert "good: the settings are allowed" in result.output
    assert '.projects.a.repository: given "b"; allowed: a GitHub repository' in result.output
    assert CliRunner().invoke(app, ["check", "good", "--folder", str(tmp_path)]).exit_code == 0


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
