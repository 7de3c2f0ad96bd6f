"""`python -m tests.bench.cold_start`: where the time goes until the pack is ready to judge, part by part.

One process does what the launcher and the pack do, in the same order, and looks at the clock in between. The start of
Python and the engine's connection are left out. Prints the share of each part as JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

SDK: Final = "the Pulumi SDK, which the launcher loads for every pack"
JUDGE: Final = "the judge's modules"
RULES: Final = "the rules, and what they know of resources"
ANSWERS: Final = "the manifest, and answers to GetAnalyzerInfo and Configure"
AMONG: Final = {
    "of the pack's own modules: making dataclasses": ("dataclasses", "_process_class"),
    "of the pack's own modules: compiling regular expressions": ("re._compiler", "compile"),
    "of the pack's own modules: reading them": ("importlib._bootstrap_external", "_compile_bytecode"),
}
"""Functions of the standard library that take their share of the parts above, by module and name."""


class _Engine:
    """What a servicer asks of its caller."""

    def peer(self) -> str:
        return "engine"


def _timed(function: Callable[..., Any], spent: dict[str, float], part: str) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[part] += time.perf_counter() - began

    return timed


def main() -> None:
    parts: dict[str, float] = {}
    began = time.perf_counter()

    def done(part: str) -> None:
        nonlocal began
        parts[part] = time.perf_counter() - began
        began = time.perf_counter()

    for module in ("argparse", "runpy", "pulumi", "pulumi.runtime"):
        importlib.import_module(module)
    done(SDK)
    gc.disable()  # as the pack does
    among = dict.fromkeys(AMONG, 0.0)
    for part, (module, name) in AMONG.items():
        home = importlib.import_module(module)
        setattr(home, name, _timed(getattr(home, name), among, part))
    began = time.perf_counter()
    analyzer = importlib.import_module("policies.judge.analyzer")
    done(JUDGE)
    found = analyzer.rules()
    done(RULES)
    _answer(analyzer, found)
    done(ANSWERS)
    whole = sum(parts.values())
    sys.stdout.write(json.dumps({part: seconds / whole for part, seconds in (parts | among).items()}) + "\n")


def _answer(analyzer: Any, found: Any) -> None:
    # Imported here, since they are part of the SDK and counted there.
    from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415
    from pulumi.runtime.proto import analyzer_pb2 as pb  # noqa: PLC0415

    pack = Path(analyzer.__file__).parents[1]
    served = analyzer.Analyzer(analyzer.Manifest.read(pack), found, analyzer.Turns(), pack / "profiles")
    served.GetAnalyzerInfo(Empty(), _Engine())
    served.Configure(pb.ConfigureAnalyzerRequest(), _Engine())


if __name__ == "__main__":
    main()
