"""What the engine sent for a real program, as often as a stack of any size takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2 as pb

_RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "requests" / "create-preview.jsonl"
_ONCE = ("pulumi:pulumi:Stack", "pulumi:providers:")
_IDENTITIES = frozenset({"app", "my-org/app"})
"""What the recorded program calls its project and its repository: every copy has its own."""
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Workload:
    """The calls of one preview.

    Attributes:
        resources: an Analyze request for each resource, in the order of the program.
        stack: the AnalyzeStack request for all of them.
    """

    resources: list[pb.AnalyzeRequest]
    stack: pb.AnalyzeStackRequest


def workload(resources: int) -> Workload:
    """The recorded preview, copied until it holds `resources` resources: one stack, as many projects as it takes.

    Every copy has URNs, names, references and secrets of its own; the stack's own resource and the providers are
    there once.
    """
    lines = [json.loads(line) for line in _RECORDED.read_text("utf-8").splitlines()]
    analyzed = [line["request"] for line in lines if line["method"] == "Analyze"]
    [planned] = [line["request"]["resources"] for line in lines if line["method"] == "AnalyzeStack"]
    declared = _copies(analyzed, resources)[:resources]
    urns = {each["urn"] for each in declared}
    stack = [each for each in _copies(planned, resources) if each["urn"] in urns]  # in the order they were done
    return Workload(
        [json_format.ParseDict(each, pb.AnalyzeRequest()) for each in declared],
        pb.AnalyzeStackRequest(resources=[json_format.ParseDict(each, pb.AnalyzerResource()) for each in stack]),
    )


def _copies(recorded: list[dict[str, Any]], at_least: int) -> list[dict[str, Any]]:
    made = [each for each in recorded if each["type"].startswith(_ONCE)]
    copied = [each for each in recorded if not each["type"].startswith(_ONCE)]
    urns = frozenset(each["urn"] for each in copied)
    copy = 0
    while len(made) < at_least:
        copy += 1
        made += [{**_renamed(each, urns, f"-{copy}"), "name": f"{each['name']}-{copy}"} for each in copied]
    return made


def _renamed(tree: Any, urns: frozenset[str], suffix: str) -> Any:
    if isinstance(tree, dict):
        if tree.get(_SIGNATURE) == _SECRET and isinstance(tree["value"], str):
            return {**tree, "value": f"{tree['value']}{suffix}"}
        return {key: _renamed(each, urns, suffix) for key, each in tree.items()}
    if isinstance(tree, list):
        return [_renamed(each, urns, suffix) for each in tree]
    return f"{tree}{suffix}" if isinstance(tree, str) and (tree in urns or tree in _IDENTITIES) else tree
