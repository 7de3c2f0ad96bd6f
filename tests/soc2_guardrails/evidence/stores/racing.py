"""Writers that start at once, in processes of several threads each."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import TypeAlias

from soc2_guardrails.evidence.stores import Store, TakenError
from tests.soc2_guardrails.evidence.stores.asked_for import AskedFor

Writer: TypeAlias = Callable[[Store, str], list[str]]
_PATIENCE_S = 120


def race(asked_for: AskedFor, writer: Writer, *, processes: int, threads: int) -> dict[str, list[str]]:
    """Run a writer in each thread of each process, with a store of its own; return what each one wrote."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(processes)
    results = context.Queue()
    started = [
        context.Process(target=_process, args=(asked_for, writer, threads, start, number, results))
        for number in range(processes)
    ]
    for process in started:
        process.start()
    written: dict[str, list[str]] = {}
    for _ in started:
        written |= results.get(timeout=_PATIENCE_S)
    for process in started:
        process.join(_PATIENCE_S)
    return written


def race_in_threads(store: Store, writer: Writer, *, threads: int) -> dict[str, list[str]]:
    """Run a writer in several threads that share one store."""
    return _threads(lambda: store, writer, [f"thread-{number}" for number in range(threads)])


def create_the_same(store: Store, me: str) -> list[str]:
    """Try to create each of six names."""
    won = []
    for name in (f"race/{number:09}.json" for number in range(1, 7)):
        try:
            store.create(name, me.encode())
        except TakenError:
            continue
        won.append(name)
    return won


def append(store: Store, me: str) -> list[str]:
    """Create two records, each under the first number that is free, as a chain does."""
    won: list[str] = []
    number = 1
    while len(won) < 2:
        name = f"race/{number:09}.json"
        try:
            store.create(name, me.encode())
        except TakenError:
            number += 1
            continue
        won.append(name)
    return won


def _process(
    asked_for: AskedFor,
    writer: Writer,
    threads: int,
    start: Barrier,
    number: int,
    results: multiprocessing.Queue[dict[str, list[str]]],
) -> None:
    names = [f"process-{number}-thread-{thread}" for thread in range(threads)]
    start.wait(_PATIENCE_S)
    results.put(_threads(asked_for.opened, writer, names))


def _threads(opened: Callable[[], Store], writer: Writer, names: list[str]) -> dict[str, list[str]]:
    start = threading.Barrier(len(names))

    def write(name: str) -> list[str]:
        store = opened()
        start.wait(_PATIENCE_S)
        return writer(store, name)

    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(write, names), strict=True))
