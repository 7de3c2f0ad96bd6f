"""Response headers as routes set them: `ProjectRoute` resources and the `vercel.json` that a `RepositoryFile` commits.

Both are read as routes that match some requests and state some headers. A disabled route is read like any other: one
click in the dashboard enables it, and no rule runs on that. Whoever asks what is sent looks at `Route.enabled`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Final, NoReturn

from ..judge.resources import Resource
from ..judge.rule import Finding, Findings, NotApplicable, independently
from ..judge.values import Malformed, Raw, Undetermined, Value
from .tokens import PROJECT_ROUTE, REPOSITORY_FILE

TYPES: Final = (PROJECT_ROUTE, REPOSITORY_FILE)
"""The resource types that state response headers."""

_TRANSFORMS: Final = frozenset({"response.headers", "request.headers", "request.query"})
_CONDITIONS: Final = frozenset({"eq", "neq", "inc", "ninc", "pre", "suf"})
_CODE: Final = re.compile(r"(?:next\.config|vercel)\.[cm]?[jt]s")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_WHOLE_REGEX: Final = re.compile(r"\^?(?:/\.\*|/\(\.\*\)|\(/\.\*\)|/\(\?:\.\*\)|\.\*|\(\.\*\)|\(\?:\.\*\))\$?")
_WHOLE_PATH: Final = re.compile(r"/\(\.\*\)|\(\.\*\)|/:\w+\*|/:\w+\(\.\*\)\*?")


@dataclass(frozen=True, slots=True)
class Header:
    """What a route does with a response header.

    Attributes:
        name: the name, or an object with conditions on names, as a transform may have it.
        operation: `set`, `append` or `delete`.
        argument: the value that is set or appended; its path is what findings name.
        gates: the environments that a transform is limited to; absent for none.
    """

    name: Value
    operation: str
    argument: Value
    gates: Value

    def concerns(self, name: str) -> bool:
        """Whether the header of this (lower-case) name is meant.

        Raises:
            Undetermined: the name is unknown.
            Malformed: it is neither a name nor a condition known here.
        """
        if not self.name.is_object:
            return self.name.text().lower() == name
        conditions = dict(self.name.entries())
        if not conditions.keys() <= _CONDITIONS:
            # The path of the condition would quote a key of a text that may be secret.
            raise Malformed(self.name.path, "a name or a condition on names that is known here")
        return all(_meets(name, condition, operand) for condition, operand in conditions.items())

    def values(self) -> list[str]:
        """The values, of which a transform may have several.

        Raises:
            Undetermined: they are unknown.
            Malformed: they are not text, or would not be one line of a response.
        """
        stated = self.argument.elements() if self.argument.is_list else [self.argument]
        for value in stated:
            if _CONTROL.search(value.text()):
                raise Malformed(value.path, "one line without control characters")
        return [value.text() for value in stated]

    def reaches_production(self) -> bool:
        """Whether it applies to production: no gate limits it to other environments.

        Raises:
            Undetermined: a gate is unknown.
            Malformed: the gates are no names, or may mean production and do not say so.
        """
        gates = self.gates.texts()
        if any(gate != "production" and gate.strip().lower() == "production" for gate in gates):
            raise Malformed(self.gates.path, "a list of environments, with production in lower case")
        return not gates or "production" in gates


@dataclass(frozen=True, slots=True)
class Headers:
    """What a route states about one header, and why some of its statements could not be read.

    An unreadable statement may be about this header or about any other.
    """

    stated: list[Header]
    unreadable: list[Undetermined | Malformed]


@dataclass(frozen=True, slots=True)
class Route:
    """Requests that are matched, and the headers of their responses.

    Attributes:
        at: the object that declares it.
        form: how that object spells it.
        enabled: absent for yes.
        stated_syntax: how the source is to be read; absent where Vercel infers it.
    """

    at: Value
    form: _Form
    enabled: Value
    stated_syntax: Value

    @property
    def source(self) -> Value:
        """The pattern of the paths that are matched."""
        return self.at[self.form.source]

    def syntax(self) -> str:
        """How the source is to be read: `regex`, `path-to-regexp`, `equals`, or `inferred` where Vercel finds out.

        Raises:
            Undetermined: the syntax is unknown.
        """
        return self.stated_syntax.text(default=self.form.syntax)

    def headers(self, name: str) -> Headers:
        """The statements about the header of this (lower-case) name."""
        found = Headers([], [])
        for read in self._statements():
            try:
                found.stated.extend(header for header in read() if header.concerns(name))
            except (Undetermined, Malformed) as unreadable:
                found.unreadable.append(unreadable)
        return found

    def unconditional(self) -> bool:
        """Whether every request to the paths is matched, whatever else it carries.

        Raises:
            Undetermined: a condition is unknown.
        """
        return all(self.at[key].absent or not self.at[key].elements() for key in self.form.conditions)

    def matches_every_path(self) -> bool:
        """Whether the source is one of the known spellings of every path; an unusual spelling counts as narrower.

        Raises:
            Undetermined: source or syntax is unknown.
        """
        source = self.source.text()
        syntax = self.syntax()
        if syntax == "regex":
            return _WHOLE_REGEX.fullmatch(source) is not None
        if syntax == "path-to-regexp":
            return _WHOLE_PATH.fullmatch(source) is not None
        return syntax == "inferred" and bool(_WHOLE_REGEX.fullmatch(source) or _WHOLE_PATH.fullmatch(source))

    def _statements(self) -> Iterator[Callable[[], list[Header]]]:
        if not self.at.is_object:
            yield partial(_unreadable, self.at, "an object")
            return
        transforms, headers = self.at["transforms"], self.at["headers"]
        if transforms.is_list:
            yield from (partial(_transform, each, self.form) for each in transforms.elements())
        elif transforms.present:
            yield partial(_unreadable, transforms, "a list")
        if headers.is_list:
            yield from (partial(_entry, each) for each in headers.elements())
        elif headers.is_object:
            yield from (partial(_pair, name, value) for name, value in headers.entries())
        elif headers.present:
            yield partial(_unreadable, headers, "an object or a list")


@dataclass(frozen=True, slots=True)
class _Form:
    source: str
    conditions: tuple[str, ...]
    syntax: str  # what is meant where none is stated
    encoded: bool = False  # whether a transform's target and args are JSON texts


_PROJECT_ROUTE: Final = _Form("src", ("has", "missings"), "inferred", encoded=True)
_VERCEL_HEADERS: Final = _Form("source", ("has", "missing"), "path-to-regexp")
_VERCEL_ROUTES: Final = _Form("src", ("has", "missing", "methods"), "regex")


def not_judged(declaring: Resource) -> str | None:
    """Why a resource states no headers that can be judged, or None if it may.

    Raises:
        Undetermined: a file's name is unknown.
    """
    if declaring.type == PROJECT_ROUTE:
        return None
    name = PurePosixPath(declaring.declared["file"].text()).name
    if name == "vercel.json":
        return None
    if _CODE.fullmatch(name):
        return f"{name} is code that runs at build time; the headers it sets can only be seen in a response"
    return "the file is not vercel.json"


def routes(declaring: Resource) -> list[Route]:
    """The routes that a resource declares.

    Raises:
        Undetermined: the text of `vercel.json` is unknown.
        Malformed: it is not JSON, or not of the form that Vercel reads.
    """
    nothing = Value(None)
    if declaring.type == PROJECT_ROUTE:
        stated = declaring.declared
        return [Route(stated["route"], _PROJECT_ROUTE, stated["enabled"], stated["srcSyntax"])]
    if not_judged(declaring) is not None:
        return []
    content = _json(declaring.declared["content"])
    return [
        Route(each, form, nothing, nothing)
        for key, form in (("headers", _VERCEL_HEADERS), ("routes", _VERCEL_ROUTES))
        for each in content[key].elements()
    ]


def each_header(declaring: Resource, name: str, check: Callable[[Header], Findings]) -> Iterator[Finding]:
    """Checks each value that a resource gives to the header of this (lower-case) name, each by itself.

    A statement that cannot be read is reported, since it may be about this header.
    """
    reason = not_judged(declaring)
    if reason is not None:
        yield NotApplicable(reason)
        return
    read = [route.headers(name) for route in routes(declaring)]
    given = [header for headers in read for header in headers.stated if header.operation != "delete"]
    unreadable = [problem for headers in read for problem in headers.unreadable]
    if not given and not unreadable:
        yield NotApplicable("it sets no such header")
    yield from independently(
        *(partial(check, header) for header in given), *(partial(_fail, problem) for problem in unreadable)
    )


def _fail(problem: Undetermined | Malformed) -> NoReturn:
    raise problem


def _transform(transform: Value, form: _Form) -> list[Header]:
    type_ = transform["type"].text()
    if type_ not in _TRANSFORMS:
        raise Malformed(transform["type"].path, "response.headers, request.headers or request.query")
    if type_ != "response.headers":
        return []
    operation = transform["op"].text()
    if operation not in {"set", "append", "delete"}:
        raise Malformed(transform["op"].path, "set, append or delete")
    target, argument = transform["target"], transform["args"]
    if form.encoded:
        target = _json(target)
        argument = argument if operation == "delete" or argument.unknown else _json(argument)
    return [Header(target["key"], operation, argument, transform["envs" if form.encoded else "env"])]


def _entry(entry: Value) -> list[Header]:
    return [Header(entry["key"], "set", entry["value"], Value(None))]


def _pair(name: str, value: Value) -> list[Header]:
    return [Header(Value(name, value.path), "set", value, Value(None))]


def _unreadable(value: Value, expected: str) -> NoReturn:
    if value.unknown:
        raise Undetermined(value.path)
    raise Malformed(value.path, expected)


def _meets(name: str, condition: str, operand: Value) -> bool:
    if condition == "eq":
        return name == operand.text().lower()
    if condition == "neq":
        return name != operand.text().lower()
    if condition == "inc":
        return name in map(str.lower, operand.texts())
    if condition == "ninc":
        return name not in map(str.lower, operand.texts())
    if condition == "pre":
        return name.startswith(operand.text().lower())
    return name.endswith(operand.text().lower())  # suf


def _json(text: Value) -> Value:
    stated = text.text()
    try:
        parsed: Raw = json.loads(stated)
    except (ValueError, RecursionError):
        raise Malformed(text.path, "valid JSON") from None
    return Value(parsed, text.path, secret=text.secret)
