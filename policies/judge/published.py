"""The JSON Schemas that the pack publishes, kept in a file: making them needs the models that they are made from.

`python -m policies.authoring schema` writes the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("published.json")

RULE: Final = "rule"
"""Of a rule's properties."""

PACK: Final = "pack"
"""Of what concerns the pack as a whole."""


def rule_schema() -> dict[str, Any]:
    """The JSON Schema of a rule's properties."""
    return _schemas()[RULE]


def pack_schema(profiles: Iterable[str]) -> dict[str, Any]:
    """The JSON Schema of what concerns the pack as a whole, with the names of the profiles there are."""
    schema = _schemas()[PACK]
    properties = schema["properties"]
    return schema | {"properties": properties | {"profile": properties["profile"] | {"enum": sorted(profiles)}}}


def defaults(of: str) -> dict[str, Any]:
    """The values that hold where nobody states others, of `RULE` or `PACK`."""
    return {key: part["default"] for key, part in _schemas()[of]["properties"].items() if "default" in part}


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return schemas
