"""Times the verification of long chains of records, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from soc2_guardrails.evidence.predicates import Decision, Operation, Phase
from tests.bench.figures import Figure, ratio
from tests.bench.providers import BenchError
from tests.soc2_guardrails.evidence.chains import PACK, Key, Memory, Recorder, ed25519

_ROOT: Final = Path(__file__).resolve().parents[2]

_GROWTH: Final = 12.0
"""What verifying ten times the records may cost; other growth gets its share of it."""

_DECISIONS: Final = tuple(
    Decision(
        rule=f"rule-{number}",
        urn=f"urn:pulumi:production::shop::vercel:index/project:Project::web-{number}",
        scope="resource",
        verdict="pass",
        level="mandatory",
    )
    for number in range(20)
)


def measure(sizes: tuple[int, int], repetitions: int, say: Callable[[str], None]) -> list[Figure]:
    """Verify a short and a long signed chain in a folder.

    Args:
        sizes: records of the short and of the long one, in twos.
        repetitions: how often each is timed.
        say: told what is done.

    Raises:
        BenchError: a chain was not verified.
    """
    key = ed25519()
    seconds: defaultdict[int, list[float]] = defaultdict(list)
    megabytes: defaultdict[int, list[float]] = defaultdict(list)
    with TemporaryDirectory(prefix="soc2-bench-") as folder:
        public = Path(folder) / "public.pem"
        public.write_bytes(key.public_pem)
        for size in sizes:
            say(f"writing {size} records")
            _write_chain(Path(folder) / str(size), key, size)
        for repetition in range(repetitions):
            for size in sizes if repetition % 2 == 0 else sizes[::-1]:
                took, used = _verify(Path(folder) / str(size), public, size)
                seconds[size].append(took)
                megabytes[size].append(used)
                say(f"{repetition + 1}/{repetitions} {size} records: {took:.2f} s")
    small, large = sizes
    return [
        Figure(
            f"verifying {large:,} / {small:,} records",
            ratio(seconds[large], seconds[small]),
            _GROWTH * (large / small) / 10,
        ),
        Figure(f"memory at {large:,} / {small:,} records", ratio(megabytes[large], megabytes[small]), 1.5),
    ]


def _write_chain(folder: Path, key: Key, records: int) -> None:
    # By way of memory: what a store does to survive a crash is not what is measured.
    store = Memory()
    recorder = Recorder(store, key.signer)
    phase = Phase(operation=Operation.UPDATE, evaluated=True, pack=PACK, decisions=_DECISIONS)
    for number in range(records // 2):
        run = f"run-{number}"
        recorder.end(run, recorder.begin(run), phases=(phase,))
    for name, content in store.contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _verify(folder: Path, public: Path, records: int) -> tuple[float, float]:
    completed = subprocess.run(
        [sys.executable, "-m", "tests.bench.verifying", str(folder), str(public)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode:
        raise BenchError(f"verifying failed:\n{completed.stderr}")
    told = json.loads(completed.stdout)
    if told["records"] != records:
        raise BenchError(f"{told['records']} of {records} records are verified: {told['bad']}")
    return told["seconds"], told["megabytes"]
