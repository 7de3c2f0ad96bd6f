"""What a team writes, read strictly: an unknown key or value is refused by its path, with the name that was meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel


class Strict(BaseModel):
    """A model that takes no unknown key and converts no value; its keys are written in camel case."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)


class Unreadable(Exception):
    """What was written cannot be read.

    Attributes:
        problems: one line each, starting with the path: `pack.waivers[0].expires: is missing`.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


M = TypeVar("M", bound=Strict)
JSON: TypeAlias = "bool | float | str | list[Any] | dict[str, Any] | None"


def read(model: type[M], stated: dict[str, Any], at: str) -> M:
    """Reads JSON-like data; dates are strings, and numbers may all be floats, as the engine sends them.

    Args:
        model: what it should be.
        stated: what was written.
        at: the path of it, e.g. `pack`.

    Raises:
        Unreadable: naming everything that is wrong.
    """
    try:
        return model.model_validate_json(json.dumps(_whole(stated)))
    except ValidationError as error:
        problems, whole = [], schema(model)
        for each in error.errors(include_url=False):
            if each["type"] == "too_short" and each["input"]:
                continue  # its elements are wrong, and are told of themselves
            allowed = _allowed(whole, each["loc"])
            problems.append(f"{_path(at, each['loc'])}: {_what(each['type'], each['msg'], each, allowed)}")
        raise Unreadable(problems) from None


def nearest(written: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the one that was probably meant, or all if they are few."""
    known = sorted(names)
    if close := get_close_matches(written, known, n=1):
        return f"; did you mean {close[0]}?"
    return f"; there is {', '.join(known)}" if 0 < len(known) <= 8 else ""


def schema(model: type[Strict]) -> dict[str, Any]:
    """The JSON Schema of a model.

    It has no references, which would dangle when the engine takes it apart, and no null: what may be left out is left
    out.
    """
    whole = model.model_json_schema()
    return _object(whole, whole.get("$defs", {}))


def _inlined(part: JSON, definitions: dict[str, dict[str, Any]]) -> JSON:
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    return _object(part, definitions) if isinstance(part, dict) else part


def _object(part: dict[str, Any], definitions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if "$ref" in part:
        rest = {key: value for key, value in part.items() if key != "$ref"}
        return _object(definitions[part["$ref"].rpartition("/")[2]] | rest, definitions)
    if "anyOf" in part:
        [only] = [each for each in part["anyOf"] if each != {"type": "null"}]
        rest = {key: value for key, value in part.items() if key not in {"anyOf", "default"}}
        return _object(only | rest, definitions)
    return {key: _inlined(value, definitions) for key, value in part.items() if key not in {"$defs", "title"}}


def _allowed(part: dict[str, Any], location: Sequence[str | int]) -> Sequence[str]:
    """The keys or values that are right where something wrong was found."""
    for step in location:
        if isinstance(step, int):
            part = part.get("items", {})
        elif step in part.get("properties", {}):
            part = part["properties"][step]
        else:
            return list(part.get("properties", ()))
    return list(part.get("enum", ()))


def _whole(value: JSON) -> JSON:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return {key: _whole(each) for key, each in value.items()} if isinstance(value, dict) else value


def _path(at: str, location: Sequence[str | int]) -> str:
    return at + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)


def _what(kind: str, said: str, error: Mapping[str, Any], allowed: Sequence[str]) -> str:
    if kind == "extra_forbidden":
        return f"there is no such key{nearest(str(error['loc'][-1]), allowed)}"
    if kind in {"missing", "too_short"}:
        return "is missing" if kind == "missing" else "is empty"
    if kind == "string_pattern_mismatch":
        return "is blank"
    if kind == "literal_error":
        written = json.dumps(error["input"])
        return f"is {written}, which it cannot be{nearest(str(error['input']), allowed)}"
    return said.replace("Input should", "should", 1).replace("Value error, ", "", 1)
