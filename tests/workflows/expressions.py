"""The part of GitHub's expression language that our workflows use: contexts, literals, comparison, and, or, not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(==|!=|&&|\|\||!|\(|\))|'((?:[^']|'')*)'|([A-Za-z_][\w-]*(?:\.[\w-]+)*)(\(\))?)")
_PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)

Context = Mapping[str, Any]
Status = Mapping[str, Callable[[], bool]]


class UnknownExpression(Exception):
    """The workflow uses what this does not know: extend it rather than guess."""


def evaluate(text: str, context: Context, status: Status | None = None) -> Any:
    """The value of an expression without `${{ }}`."""
    parser = _Parser(text, context, status or {})
    value = parser.either()
    if parser.rest.strip():
        raise UnknownExpression(text)
    return value


def fill(text: str, context: Context, status: Status | None = None) -> str:
    """A text with its `${{ }}` put in."""
    return _PLACE.sub(lambda place: _text(evaluate(place[1], context, status)), text)


def holds(condition: str, context: Context, status: Status) -> bool:
    """Whether an `if:` holds; without a status function it asks for success too, as GitHub does."""
    whole = _PLACE.fullmatch(condition.strip())
    inner = whole[1] if whole else condition
    asked = any(f"{name}()" in inner for name in status)
    return (asked or status["success"]()) and bool(evaluate(inner, context, status))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Parser:
    def __init__(self, text: str, context: Context, status: Status) -> None:
        self.rest = text
        self._context = context
        self._status = status

    def either(self) -> Any:
        value = self._both()
        while self._takes("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._takes("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._single()
        if self._takes("=="):
            return _text(value) == _text(self._single())
        if self._takes("!="):
            return _text(value) != _text(self._single())
        return value

    def _single(self) -> Any:
        if self._takes("!"):
            return not self._single()
        if self._takes("("):
            value = self.either()
            if not self._takes(")"):
                raise UnknownExpression(self.rest)
            return value
        found = _TOKEN.match(self.rest)
        if not found or found[1]:
            raise UnknownExpression(self.rest)
        self.rest = self.rest[found.end() :]
        if found[2] is not None:
            return found[2].replace("''", "'")
        if found[4]:
            if found[3] not in self._status:
                raise UnknownExpression(found[0])
            return self._status[found[3]]()
        reached: Any = self._context
        for step in found[3].split("."):
            reached = reached.get(step) if isinstance(reached, Mapping) else None
        return reached

    def _takes(self, sign: str) -> bool:
        found = _TOKEN.match(self.rest)
        if not found or found[1] != sign:
            return False
        self.rest = self.rest[found.end() :]
        return True
