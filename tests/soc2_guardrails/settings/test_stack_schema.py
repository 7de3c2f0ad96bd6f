"""The JSON Schema in the repository is the one of the models, and the stack files use it."""

import json
from pathlib import Path

import pytest

from soc2_guardrails.settings.models import Settings
from soc2_guardrails.settings.stack_schema import stack_file_schema

STACKS = Path(__file__).resolve().parents[3] / "stacks"


def test_the_schema_in_the_repository_is_current() -> None:
    stored = (STACKS / "schema.json").read_text(encoding="utf-8")
    assert stored == stack_file_schema(), "run `soc2 schema`"


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


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
