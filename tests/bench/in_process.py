"""`python -m tests.bench.in_process RESOURCES REPETITIONS`: judging a resource without gRPC around it.

One process holds the pack's servicer and two of the stock SDK, one with the same resource rules and one with these over
and over until there are as many as a grown pack holds, and hands them the same requests in turn. Prints the seconds a
resource of each repetition as JSON. It is a process of its own because the pack judges in the main thread, and takes
its signals.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.judge.analyzer import Analyzer
from policies.judge.manifest import Manifest
from policies.judge.registry import rules
from policies.judge.rule import ResourceRule, Rule
from policies.judge.turns import Turns
from tests.bench.workload import workload
from tests.policies.pack_process import PACK
from tests.policies.stock_sdk import policies_of, replicated

OURS: Final = "this pack"
STOCK: Final = "stock SDK"
GROWN_RULES: Final = 100
"""What a grown pack of the stock SDK holds."""
GROWN: Final = f"{STOCK}, {GROWN_RULES} rules"


class _Engine:
    """What a servicer asks of its caller."""

    def peer(self) -> str:
        return "engine"

    def abort(self, code: object, details: str) -> None:
        raise AssertionError(details)


def _stock(served: Iterable[Rule]) -> Any:
    return _PolicyAnalyzerServicer(
        "stock", "0.1.0", policies_of(served), EnforcementLevel.MANDATORY, None, None, None, None, None, None, None
    )


def _seconds(analyze: Callable[[pb.AnalyzeRequest, Any], object], requests: list[pb.AnalyzeRequest]) -> float:
    began = time.perf_counter()
    for request in requests:
        analyze(request, _Engine())
    return (time.perf_counter() - began) / len(requests)


def main(resources: int, repetitions: int) -> None:
    own = [rule for rule in rules() if isinstance(rule, ResourceRule)]
    requests = workload(resources).resources
    turns = Turns()
    subjects = {
        OURS: Analyzer(Manifest.read(PACK), own, turns, PACK / "profiles"),
        STOCK: _stock(own),
        GROWN: _stock(replicated(own, GROWN_RULES)),
    }
    measured: dict[str, list[float]] = {name: [] for name in subjects}

    def drive() -> None:
        for _ in range(repetitions):
            for name, subject in subjects.items():
                measured[name].append(_seconds(subject.Analyze, requests))

    driven = turns.submit(drive)
    turns.end()
    turns.run()
    driven.result()
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
