"""What is wrong with settings, told so that it can be mended from the message alone."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Location: TypeAlias = tuple[str | int, ...]
_Schema: TypeAlias = Mapping[str, object]

_KEY_ERROR: Final = "[key]"
_NO_KIND: Final = ("union_tag_invalid", "union_tag_not_found")
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
        """The problem as one line, with the location as the path of keys below `root`, which may be empty."""
        return f"{(root + _path(self.location)).removeprefix('.')}: {self.text}"


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


def from_validation(errors: "Iterable[ErrorDetails]", model: type[BaseModel]) -> list[Problem]:
    """Translate what pydantic found in something that should be a `model`.

    A value is repeated only where no secret can stand.
    """
    shape = _Shape(_schema(model))
    return [shape.problem(error) for error in errors]


def nearest(given: str, allowed: Iterable[str]) -> str:
    """What is allowed, after the name most like the one given if there is one."""
    by_folded = {name.casefold(): name for name in allowed}
    found = difflib.get_close_matches(given.casefold(), by_folded, n=1, cutoff=0.6)
    hint = f"; did you mean {by_folded[found[0]]}? Allowed" if found else "; allowed"
    return f"{hint}: {', '.join(by_folded.values())}"


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
def _schema(model: type[BaseModel]) -> _Schema:
    return model.model_json_schema()


class _Shape:
    """What a JSON Schema allows at each location."""

    def __init__(self, root: _Schema) -> None:
        self._root = root

    def problem(self, error: "ErrorDetails") -> Problem:
        location: Location = error["loc"]
        if location and location[-1] == _KEY_ERROR:
            return Problem(location[:-2], f"the key {_shown(location[-2])} is not allowed; allowed: {_reason(error)}")
        if error["type"] == "extra_forbidden":
            parent, _, place = self._node(location[:-1])
            key = str(location[-1])
            return Problem((*place, key), f"there is no such key{nearest(key, _keys(parent))}")
        node, concealed, place = self._node(location)
        if error["type"] in _NO_KIND and (kinds := _kinds(node)):
            given = error["ctx"].get("tag") if error["type"] == "union_tag_invalid" else None
            told = f"given {_shown(given)}; allowed" if given is not None else "is missing; needed"
            return Problem((*place, _discriminator(node)), f"{told}: one of {', '.join(kinds)}")
        if error["type"] == "missing":
            return Problem(place, f"is missing; needed: {self._allowed(node)}")
        given = "a value that is not shown" if concealed else _shown(error["input"])
        if node.get("type") == "object" and isinstance(error["input"], str):
            given = "a text"  # of which nobody knows where it belongs, and so not whether it is secret
        allowed = _reason(error) if error["type"] == "value_error" else self._allowed(node)
        return Problem(place, f"given {given}; allowed: {allowed}")

    def _resolved(self, node: _Schema) -> _Schema:
        if "$ref" in node:
            name = str(node["$ref"]).removeprefix("#/$defs/")
            definitions = cast("Mapping[str, _Schema]", self._root["$defs"])
            return {**self._resolved(definitions[name]), **{key: value for key, value in node.items() if key != "$ref"}}
        for branch in cast("Sequence[_Schema]", node.get("anyOf", ())):
            if branch.get("type") != "null":
                return {**self._resolved(branch), **{key: value for key, value in node.items() if key != "anyOf"}}
        return node

    def _node(self, location: Location) -> tuple[_Schema, bool, Location]:
        """The schema at a location, whether a secret may stand there, and the location as the file has it."""
        node = self._resolved(self._root)
        concealed = False
        place: Location = ()
        for part in location:
            kinds = _kinds(node)
            if part in kinds:
                # Pydantic's location names the kind that was taken; the file has no such key.
                node = self._resolved({"$ref": kinds[str(part)]})
                continue
            below = _below(node, part)
            node = self._resolved(below)
            place = (*place, part)
            # Where the schema does not lead, nothing is known of what stands there.
            concealed = concealed or not below or bool(node.get("x-concealed"))
        return node, concealed, place

    def _allowed(self, node: _Schema) -> str:
        if choices := cast("Sequence[str]", node.get("enum", ())):
            return f"one of {', '.join(choices)}"
        if kinds := _kinds(node):
            return f"a mapping with the key {_discriminator(node)}, one of {', '.join(kinds)}"
        if keys := _keys(node):
            return f"a mapping with the keys {', '.join(keys)}"
        kind = str(node.get("type", "text"))
        if kind == "array":
            least = "a list of at least one: " if node.get("minItems") else "a list of: "
            return least + self._allowed(self._resolved(cast("_Schema", node.get("items", {}))))
        if kind == "integer":
            return _TYPE_NAMES[kind] + _bounds(node)
        if kind == "object":
            return _TYPE_NAMES[kind] + _size(node)
        return str(node.get("description", _TYPE_NAMES.get(kind, kind)))


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


def _kinds(node: _Schema) -> Mapping[str, str]:
    """Of a mapping that one of its keys decides about: where the schema of each kind is."""
    return cast("Mapping[str, Mapping[str, str]]", node.get("discriminator", {})).get("mapping", {})


def _discriminator(node: _Schema) -> str:
    return str(cast("Mapping[str, object]", node["discriminator"])["propertyName"])


def _bounds(node: _Schema) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else ""


def _size(node: _Schema) -> str:
    if "minProperties" in node:
        return " of at least one"
    return f" of at most {node['maxProperties']}" if "maxProperties" in node else ""
