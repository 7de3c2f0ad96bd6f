"""Times policy packs side by side: in process, over their port, and in front of whole previews."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from soc2_guardrails.engine import Engine
from tests.bench.figures import Figure, ratio
from tests.bench.in_process import GROWN, OURS, STOCK
from tests.bench.providers import ECHO, BenchError, declare, prepared, preview
from tests.bench.served import Served, everyday, served
from tests.bench.workload import workload
from tests.policies.pack_process import PACK

_HERE: Final = Path(__file__).resolve().parent
_ROOT: Final = _HERE.parents[1]

NO_PACK: Final = "no pack"
EMPTY: Final = "empty pack"
ONE_RULE: Final = "stock SDK, one rule"
FOLDERS: Final[Mapping[str, Path]] = {
    EMPTY: _HERE / "packs" / "empty",
    OURS: PACK,
    STOCK: _ROOT / "tests" / "policies" / "stock_pack",
    ONE_RULE: _HERE / "packs" / "one_rule",
}
"""A pack that judges nothing, this one, one with the same rules on the stock SDK, and the least stock pack."""

_GROWTH: Final = 12.0
"""What judging a stack of ten times the resources may cost; other growth gets its share of it."""

Say = Callable[[str], None]
Series = Mapping[str, Sequence[float]]


def measure(engine: Engine | None, sizes: tuple[int, int], previewed: int, repetitions: int, say: Say) -> list[Figure]:
    """Measure everything.

    Args:
        engine: the CLI for whole previews; None leaves them out.
        sizes: resources of the small and of the large stack.
        previewed: resources of the program that is previewed.
        repetitions: how often each is timed.
        say: told what is done.

    Raises:
        BenchError: a run failed.
    """
    say("cold starts")
    figures = _cold_starts(repetitions)
    say(f"{sizes[0]} resources in process")
    figures += _in_process(sizes[0], repetitions)
    say(f"Analyze, {sizes[0]} resources")
    figures += _analyze(sizes[0], repetitions)
    say(f"AnalyzeStack, {sizes[0]} and {sizes[1]} resources")
    figures += _analyze_stack(sizes, repetitions)
    if engine is not None:
        figures += _previews(engine, previewed, repetitions, say)
    return figures


def _rotated(names: Sequence[str], repetitions: int) -> Iterator[str]:
    """Every name in every repetition. Whoever comes first finds the machine colder: they take turns at it."""
    for repetition in range(repetitions):
        first = repetition % len(names)
        yield from (*names[first:], *names[:first])


def _cold_starts(repetitions: int) -> list[Figure]:
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for name in (EMPTY, OURS, ONE_RULE):  # once unmeasured, which compiles and fills the file cache
        with served(FOLDERS[name]):
            pass
    for name in _rotated((EMPTY, OURS, ONE_RULE), 2 * repetitions):
        with served(FOLDERS[name]) as pack:
            seconds[name].append(pack.started_in)
    return [
        Figure(f"cold start: {OURS} / {ONE_RULE}", ratio(seconds[OURS], seconds[ONE_RULE]), 1.0),
        Figure(f"cold start: {OURS} / {EMPTY}", ratio(seconds[OURS], seconds[EMPTY])),
    ]


def _in_process(resources: int, repetitions: int) -> list[Figure]:
    seconds = _run_in_process(resources, repetitions)
    what = "judging a resource in process"
    return [
        Figure(f"{what}: {GROWN} / {OURS}", ratio(seconds[GROWN], seconds[OURS]), 40.0, True),
        Figure(f"{what}: {STOCK}, its own rules / {OURS}", ratio(seconds[STOCK], seconds[OURS])),
    ]


def _run_in_process(resources: int, repetitions: int) -> Series:
    measured: Series = _told("tests.bench.in_process", str(resources), str(repetitions))
    return measured


def cold_start_profile(repetitions: int) -> Mapping[str, float]:
    """Where the cold start of the pack goes: the median share of each part, without Python's own start.

    Raises:
        BenchError: the run failed.
    """
    shares: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(2 * repetitions):
        for part, share in _told("tests.bench.cold_start").items():
            shares[part].append(share)
    return {part: statistics.median(measured) for part, measured in shares.items()}


def _told(module: str, *arguments: str) -> Any:
    completed = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        env=everyday(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode:
        raise BenchError(f"python -m {module} failed:\n{completed.stderr}")
    return json.loads(completed.stdout)


def _analyze(resources: int, repetitions: int) -> list[Figure]:
    requests = workload(resources).resources
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    with ExitStack() as running:
        packs = {name: running.enter_context(served(FOLDERS[name])) for name in (EMPTY, OURS, STOCK)}
        for repetition in range(repetitions + 1):
            spent = dict.fromkeys(packs, 0.0)
            for request in requests:
                for name, pack in packs.items():  # the same request in turn: what disturbs one disturbs all
                    began = time.perf_counter()
                    pack.stub.Analyze(request)
                    spent[name] += time.perf_counter() - began
            if repetition:  # the first round warms up
                for name, sum_ in spent.items():
                    seconds[name].append(sum_)
    return [
        Figure(f"Analyze: {OURS} / {EMPTY}", ratio(seconds[OURS], seconds[EMPTY]), 1.5),
        Figure(f"Analyze: {STOCK} / {EMPTY}", ratio(seconds[STOCK], seconds[EMPTY])),
    ]


def _analyze_stack(sizes: tuple[int, int], repetitions: int) -> list[Figure]:
    small, large = (workload(size) for size in sizes)
    seconds: defaultdict[str, list[float]] = defaultdict(list)

    def timed(name: str, pack: Served, stack: object) -> None:
        began = time.perf_counter()
        pack.stub.AnalyzeStack(stack)
        seconds[name].append(time.perf_counter() - began)

    with ExitStack() as running:
        ours, grown = (running.enter_context(served(FOLDERS[OURS])) for _ in sizes)
        stock = running.enter_context(served(FOLDERS[STOCK]))
        for pack, work in ((ours, small), (grown, large)):
            for request in work.resources:
                pack.stub.Analyze(request)
        for name in _rotated(("small", "large", "stock"), repetitions):
            pack = {"small": ours, "large": grown, "stock": stock}[name]
            timed(name, pack, large.stack if name == "large" else small.stack)
        megabytes = grown.peak_megabytes()
    share = _GROWTH * (sizes[1] / sizes[0]) / 10
    return [
        Figure(
            f"AnalyzeStack: {sizes[1]:,} / {sizes[0]:,} resources", ratio(seconds["large"], seconds["small"]), share
        ),
        Figure(f"AnalyzeStack of {sizes[0]:,}: {STOCK} / {OURS}", ratio(seconds["stock"], seconds["small"])),
        Figure(f"memory at {sizes[1]:,} resources", megabytes, 200.0, unit="MB"),
    ]


def _previews(engine: Engine, resources: int, repetitions: int, say: Say) -> list[Figure]:
    packs = {NO_PACK: None, EMPTY: FOLDERS[EMPTY], OURS: FOLDERS[OURS], STOCK: FOLDERS[STOCK]}
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    with prepared(engine, ECHO) as sandbox:
        declare(sandbox.project.source, resources)
        for name in _rotated(tuple(packs), repetitions):
            seconds[name].append(preview(sandbox, resources, packs[name]))
            say(f"preview of {resources} resources, {name}: {seconds[name][-1]:.1f} s")
    return [
        Figure(f"preview of {resources:,}: {OURS} / {EMPTY}", ratio(seconds[OURS], seconds[EMPTY]), 1.1),
        Figure(f"preview of {resources:,}: {STOCK} / {EMPTY}", ratio(seconds[STOCK], seconds[EMPTY])),
        Figure(f"preview of {resources:,}: {EMPTY} / {NO_PACK}", ratio(seconds[EMPTY], seconds[NO_PACK])),
        Figure(f"preview of {resources:,}: {OURS} / {NO_PACK}", ratio(seconds[OURS], seconds[NO_PACK])),
    ]
