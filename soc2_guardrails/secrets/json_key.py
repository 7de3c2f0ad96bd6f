"""One key of a secret whose text is a JSON object, which is what a fragment means where the manager knows no fields."""

import json

from .reference import Reference
from .source import Failure, FailureKind


def at_key(text: str, reference: Reference) -> str | Failure:
    """The whole text for a reference without a fragment, otherwise the text at that key of the JSON object it is.

    A failure names the key and at most the names beside it, never a value.
    """
    key = reference.field
    if key is None:
        return text
    try:
        content = json.loads(text)
    except ValueError:
        return Failure(FailureKind.NOT_JSON, f"the secret is not JSON, so it has no key {key!r}; store a JSON object")
    if not isinstance(content, dict):
        return Failure(FailureKind.NOT_JSON, f"the secret is JSON but no object, so it has no key {key!r}")
    if key not in content:
        return Failure(FailureKind.NO_FIELD, f"the secret has no key {key!r}")
    return as_text(content[key], f"the key {key!r}")


def as_text(value: object, named: str) -> str | Failure:
    """A value that has to be a text; `named` is what a failure calls it."""
    if isinstance(value, str):
        return value
    return Failure(FailureKind.NOT_TEXT, f"{named} is {_kind(value)}; store it as a text")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
