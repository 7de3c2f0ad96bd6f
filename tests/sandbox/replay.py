"""Compares what a pack was sent by the sandbox with what was recorded with the real providers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Ids, tokens and times are new in every run: what is left is their shape.
_RANDOM = [
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC"), "<time>"),
    (re.compile(r"\b(al|dpl|drn|env|hook|ip|prj|rt|rule|team)_[\w-]{8,}"), r"\1_<random>"),
    (re.compile(r"(BPR_)[0-9a-f]{16}"), r"\1<random>"),
    (re.compile(r"\b[0-9a-f]{24,}\b"), "<hex>"),
    (re.compile(r"(vc-domain-verify=[\w.]+,)\w+"), r"\1<random>"),
    (re.compile(r"(RRS_)\d+"), r"\1<number>"),
    (re.compile(r"(-)[0-9a-f]{9}(\.vercel\.app)"), r"\1<hex>\2"),
]
_NUMBERED = ("id", "repoId", "repositoryId", "rulesetId")
_ABSENT = "<absent>"


@dataclass(frozen=True, order=True)
class Difference:
    """One place where the two disagree.

    Attributes:
        run: name of the recording.
        method: the Analyzer method.
        resource: ``<type name> <name>``, or "" for a request about no resource.
        path: where in the request; list positions are left out.
        recorded: the recorded value as JSON, or ``<absent>``.
        sandbox: the sandbox's.
    """

    run: str
    method: str
    resource: str
    path: str
    recorded: str
    sandbox: str


def compare(run: str, recorded: Path, sandbox: Path) -> list[Difference]:
    """Return every difference between two files of requests."""
    ours, theirs = _requests(sandbox), _requests(recorded)
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        method, urn = key
        resource = " ".join((urn.split("::")[2].rpartition(":")[2], urn.split("::")[3])) if urn else ""
        for path, old, new in _walk(theirs.get(key, _ABSENT), ours.get(key, _ABSENT), ""):
            found.append(Difference(run, method, resource, path, _show(old), _show(new)))
    return found


def _requests(path: Path) -> dict[tuple[str, str], Any]:
    """Return the requests by method and URN: the engine's order among resources is that of its threads."""
    requests: dict[tuple[str, str], Any] = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        method, request = entry["method"], entry["request"]
        if method == "AnalyzeStack":
            for resource in request["resources"]:
                requests[method, resource["urn"]] = resource
        else:
            assert (method, request.get("urn", "")) not in requests, f"{method} twice for {request.get('urn')}"
            requests[method, request.get("urn", "")] = request
    return requests


def _walk(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            place = f"{path}.{name}" if path else name
            yield from _walk(old.get(name, _ABSENT), new.get(name, _ABSENT), place)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        if path.endswith(("dependencies", "urns")):
            old, new = sorted(old), sorted(new)
        for left, right in zip(old, new, strict=True):
            yield from _walk(left, right, path)
    elif path.rpartition(".")[2] in _NUMBERED and _is_number(old) and _is_number(new):
        # Running numbers depend on which of the engine's parallel calls came first.
        return
    elif _shape(old) != _shape(new):
        yield path, old, new


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, str) and value.isdecimal())


def _shape(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in _RANDOM:
            value = pattern.sub(replacement, value)
    # Milliseconds since the epoch.
    if isinstance(value, float) and value > 1.7e12:
        return "<time>"
    return value


def _show(value: Any) -> str:
    return value if value == _ABSENT else json.dumps(value, sort_keys=True)
