"""What the engine makes of a policy configuration file before it tells the pack: `Configure`'s request.

The engine takes the defaults of each policy, then what the pack itself states, then the file, where `all` comes before
the policies by name. A pack has to hear the same from whoever judges with it, or its verdicts are others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.json_format import MessageToDict, ParseDict
from pulumi.runtime.proto import analyzer_pb2 as pb

from .errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_LEVELS: Final = {
    "advisory": pb.ADVISORY,
    "mandatory": pb.MANDATORY,
    "disabled": pb.DISABLED,
    "remediate": pb.REMEDIATE,
}
_ALL: Final = "all"
_LEVEL: Final = "enforcementLevel"
_ENVIRONMENTS: Final = "environments"
_LEVELS_THERE_ARE: Final = f"the levels are {', '.join(sorted(_LEVELS))}"
_SEE: Final = "see docs/configuration.md"


@dataclass(frozen=True, slots=True)
class _Stated:
    level: pb.EnforcementLevel.ValueType | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def under(self, other: _Stated) -> _Stated:
        return _Stated(
            self.level if other.level is None else other.level,
            {**self.properties, **other.properties},
        )


def configure_request(info: pb.AnalyzerInfo, file: Path | None) -> pb.ConfigureAnalyzerRequest:
    """The request that configures a pack.

    Args:
        info: what the pack tells of itself.
        file: the policy configuration, None for none.

    Raises:
        ConfigurationError: the file cannot be read, or is of a shape that the engine refuses.
    """
    stated = {each.name: _Stated(each.enforcementLevel, _defaults(each)) for each in info.policies}
    known = tuple(stated)
    stated = _applied(stated, {name: _initial(each) for name, each in info.initialConfig.items()})
    stated = _applied(stated, _read(file) if file else {})
    request = pb.ConfigureAnalyzerRequest()
    for name, each in stated.items():
        if each.level is None:
            raise ConfigurationError(
                f"{file}: {name}: the pack has no policy of that name{_meant(name, [*known, _ALL])}\nmend: {_SEE}"
            )
        request.policyConfig[name].enforcementLevel = each.level
        ParseDict(dict(each.properties), request.policyConfig[name].properties)
    return request


def _applied(base: Mapping[str, _Stated], given: Mapping[str, _Stated]) -> dict[str, _Stated]:
    level = given[_ALL].level if _ALL in given else None
    found = {name: each if level is None else replace(each, level=level) for name, each in base.items()}
    for name, each in given.items():
        found[name] = found.get(name, _Stated()).under(each)
    return found


def _defaults(policy: pb.PolicyInfo) -> Mapping[str, Any]:
    schemas: Mapping[str, Any] = MessageToDict(policy.configSchema.properties)
    return {key: schema["default"] for key, schema in schemas.items() if "default" in schema}


def _initial(config: pb.PolicyConfig) -> _Stated:
    return _Stated(config.enforcementLevel, MessageToDict(config.properties))


def read_configuration(file: Path) -> dict[str, Any]:
    """The object in a configuration file, empty where the file is, or says `null`: the engine takes both for nothing.

    Raises:
        ConfigurationError: it cannot be read, is no JSON object, or states a key twice.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text, object_pairs_hook=_Object) if text.strip() else {}
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}\nmend: name a file that is there") from error
    except ValueError as error:
        raise ConfigurationError(f"{file}: this is no JSON ({error})\nmend: write it as JSON; {_SEE}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file}: this is no object by policy\nmend: write a JSON object; {_SEE}")
    # A reader sees the first, and the engine takes the last.
    for path in _twice(document, ""):
        raise ConfigurationError(f"{file}: {path}: the key stands twice\nmend: keep one, with what both of them say")
    return document


class _Object(dict[str, Any]):
    """An object, and the keys that stand in it more than once."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


def _twice(value: object, path: str) -> Iterator[str]:
    """The paths of the keys that stand twice."""
    if isinstance(value, _Object):
        yield from (_below(path, key) for key in value.twice)
        for key, each in value.items():
            yield from _twice(each, _below(path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _twice(each, f"{path}[{index}]")


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _read(file: Path) -> dict[str, _Stated]:
    document = read_configuration(file)
    if _ENVIRONMENTS in document:
        raise ConfigurationError(
            f"{file}: {_ENVIRONMENTS}: configuration from Pulumi ESC is not read here\nmend: state it in the file"
        )
    return {name: stated for name, raw in document.items() if (stated := _one(raw, f"{file}: {name}")) != _Stated()}


def _one(raw: object, where: str) -> _Stated:
    if isinstance(raw, str):
        return _Stated(_level(raw, where))
    if not isinstance(raw, dict):
        raise ConfigurationError(
            f"{where}: is {_quoted(raw)}, neither a level nor an object\nmend: {_LEVELS_THERE_ARE}"
        )
    properties = dict(raw)
    level = properties.pop(_LEVEL, None)
    return _Stated(None if level is None else _level(level, f"{where}.{_LEVEL}"), properties)


def _level(raw: object, where: str) -> pb.EnforcementLevel.ValueType:
    if not isinstance(raw, str) or raw not in _LEVELS:
        meant = _meant(raw, _LEVELS) if isinstance(raw, str) else ""
        raise ConfigurationError(f"{where}: {_quoted(raw)} is no enforcement level{meant}\nmend: {_LEVELS_THERE_ARE}")
    return _LEVELS[raw]


def _quoted(raw: object) -> str:
    return "an object" if isinstance(raw, dict) else "a list" if isinstance(raw, list) else json.dumps(raw)


def _meant(written: str, names: Iterable[str]) -> str:
    close = get_close_matches(written.lower(), sorted(names), n=1)
    return f"; did you mean {close[0]}?" if close else ""
