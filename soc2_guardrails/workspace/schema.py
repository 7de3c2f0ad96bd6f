"""The JSON Schema of `soc2.yaml`, by which editors complete and check it while it is written."""

from __future__ import annotations

import json
from typing import Final

from .models import WorkspaceSettings

SCHEMA_NAME: Final = "soc2.schema.json"


def workspace_schema() -> str:
    """The schema as the text of a file."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **WorkspaceSettings.model_json_schema(),
        "title": "soc2.yaml of soc2-guardrails",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
