"""What is wrong with settings, told so that it can be mended from the message alone."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from .models import Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Location: TypeAlias = tuple[str | int, ...]
_Schema: TypeAlias = Mapping[str, object]

_KEY_ERROR: Final = "[key]"
_TYPE_NAMES: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is, below the settings, and what is given and allowed there."""

    location: Location
    text: str

    def line(self, root: str) -> str:
        """The problem as one line, with the location as the path of keys below `root`."""
        return f"{root}{_path(self.location)}: {self.text}"


class SettingsError(Exception):
    """Settings that are refused. The message names the file and every problem in it, and no secret."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        """Make the message of the problems' lines."""
        self.file = file
        self.lines = tuple(lines)
        message = (
            f"{file}: {lines[0]}"
            if len(lines) == 1
            else "\n".join([f"{file}: {len(lines)} problems", *(f"  {line}" for line in lines)])
        )
        super().__init__(message)


def from_validation(errors: "Iterable[ErrorDetails]") -> list[Problem]:
    """Translate what pydantic found. A value is repeated only where no secret can stand."""
    return [_problem(error) for error in errors]


def nearest(given: str, allowed: Iterable[str]) -> str:
    """What is allowed, after the name most like the one given if there is one."""
    by_folded = {name.casefold(): name for name in allowed}
    found = difflib.get_close_matches(given.casefold(), by_folded, n=1, cutoff=0.6)
    hint = f"; did you mean {by_folded[found[0]]}? Allowed" if found else "; allowed"
    return f"{hint}: {', '.join(by_folded.values())}"


def _problem(error: "ErrorDetails") -> Problem:
    location: Location = error["loc"]
    if error["type"] == "extra_forbidden":
        key = str(location[-1])
        keys = _keys(_node(location[:-1])[0])
        return Problem(location, f"there is no such key{nearest(key, keys)}")
    if location and location[-1] == _KEY_ERROR:
        return Problem(location[:-2], f"the key {_shown(location[-2])} is not allowed; allowed: {_reason(error)}")
    node, concealed = _node(location)
    if error["type"] == "missing":
        return Problem(location, f"is missing; needed: {_allowed(node)}")
    given = "a value that is not shown" if concealed else _shown(error["input"])
    if node.get("type") == "object" and isinstance(error["input"], str):
        given = "a text"  # of which nobody knows where it belongs, and so not whether it is secret
    allowed = _reason(error) if error["type"] == "value_error" else _allowed(node)
    return Problem(location, f"given {given}; allowed: {allowed}")


def _reason(error: "ErrorDetails") -> str:
    return error["msg"].removeprefix("Value error, ")


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:76]}…"


def _path(location: Location) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


@cache
def _root() -> _Schema:
    return Settings.model_json_schema()


def _resolved(node: _Schema) -> _Schema:
    if "$ref" in node:
        name = str(node["$ref"]).removeprefix("#/$defs/")
        definitions = cast("Mapping[str, _Schema]", _root()["$defs"])
        return {**_resolved(definitions[name]), **{key: value for key, value in node.items() if key != "$ref"}}
    for branch in cast("Sequence[_Schema]", node.get("anyOf", ())):
        if branch.get("type") != "null":
            return {**_resolved(branch), **{key: value for key, value in node.items() if key != "anyOf"}}
    return node


def _node(location: Location) -> tuple[_Schema, bool]:
    """The schema at a location, and whether a secret may stand there."""
    node = _resolved(_root())
    concealed = False
    for part in location:
        below = _below(node, part)
        node = _resolved(below)
        # Where the schema does not lead, nothing is known of what stands there.
        concealed = concealed or not below or bool(node.get("x-concealed"))
    return node, concealed


def _below(node: _Schema, part: str | int) -> _Schema:
    if isinstance(part, int):
        return cast("_Schema", node.get("items", {}))
    properties = cast("Mapping[str, _Schema]", node.get("properties", {}))
    if part in properties:
        return properties[part]
    # A mapping whose keys have a pattern has its values under that pattern.
    patterns = cast("Mapping[str, _Schema]", node.get("patternProperties", {}))
    below = node.get("additionalProperties", next(iter(patterns.values()), None))
    return cast("_Schema", below) if isinstance(below, Mapping) else {}


def _keys(node: _Schema) -> list[str]:
    return list(cast("Mapping[str, _Schema]", node.get("properties", {})))


def _allowed(node: _Schema) -> str:
    if choices := cast("Sequence[str]", node.get("enum", ())):
        return f"one of {', '.join(choices)}"
    if keys := _keys(node):
        return f"a mapping with the keys {', '.join(keys)}"
    kind = str(node.get("type", "text"))
    if kind == "array":
        least = "a list of at least one: " if node.get("minItems") else "a list of: "
        return least + _allowed(_resolved(cast("_Schema", node.get("items", {}))))
    if kind == "integer":
        return _TYPE_NAMES[kind] + _bounds(node)
    if kind == "object":
        return _TYPE_NAMES[kind] + _size(node)
    return str(node.get("description", _TYPE_NAMES.get(kind, kind)))


def _bounds(node: _Schema) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else ""


def _size(node: _Schema) -> str:
    if "minProperties" in node:
        return " of at least one"
    return f" of at most {node['maxProperties']}" if "maxProperties" in node else ""
