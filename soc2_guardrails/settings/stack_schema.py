"""The JSON Schema of a whole stack file, by which editors complete and check it while it is written."""

import json
from typing import Any

from .loader import CONFIG_KEY, PROGRAM_KEY
from .models import Settings


def stack_file_schema() -> str:
    """The schema as the text of `stacks/schema.json`."""
    settings = Settings.model_json_schema()
    definitions: dict[str, Any] = settings.pop("$defs")
    definitions["Settings"] = settings
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Stack file of soc2-guardrails",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "description": "Configuration of the stack; keys of other namespaces belong to the providers.",
                "properties": {
                    CONFIG_KEY: {"$ref": "#/$defs/Settings"},
                    PROGRAM_KEY: {
                        "type": "string",
                        "description": "A program of the folder stacks that declares the stack instead of settings.",
                    },
                },
                "patternProperties": {"^(?!soc2-guardrails:)[a-z0-9-]+:": {}},
                "additionalProperties": False,
            },
            "environment": {"type": "array", "items": {}},
            "encryptionsalt": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "secretsprovider": {"type": "string"},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
