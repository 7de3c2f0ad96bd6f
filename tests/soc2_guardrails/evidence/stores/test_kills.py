"""A process that is killed while it writes leaves its record whole or not at all, and the store in order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from soc2_guardrails.evidence.stores import Store, open_store
from tests.soc2_guardrails.evidence.stores import writing

KILLS = 8


def _kill_while_writing(kind: str, root: Path, repository: Path, first: int, after_s: float) -> None:
    environment = os.environ | {"TMPDIR": str(root)}
    command = [sys.executable, "-m", "tests.soc2_guardrails.evidence.stores.writing", kind, str(root), str(first)]
    process = subprocess.Popen(command, cwd=repository, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(after_s)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()


def _assert_whole(store: Store) -> list[str]:
    names = []
    for name, content in store.entries("shop"):
        if name != "shop/head.json":
            assert content == writing.content_of(name)
            names.append(name)
    head = store.read("shop/head.json")
    assert head is None or head in {writing.content_of(name) for name in names}
    return names


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "longest_s"), [("folder", 0.05), ("git", 0.5)])
def test_a_killed_writer_leaves_nothing_half_written(
    kind: str, longest_s: float, tmp_path: Path, remote: Path, repository: Path
) -> None:
    chance = random.Random(5)  # noqa: S311
    kept: list[str] = []
    for _ in range(KILLS):
        first = len(kept) + 1
        _kill_while_writing(kind, tmp_path, repository, first, chance.uniform(0, longest_s))
        time.sleep(0.2 if kind == "git" else 0)  # a push that was under way may still arrive
        now = _assert_whole(open_store(writing.settings_of(kind), tmp_path))
        assert now[: len(kept)] == kept
        kept = now

    assert kept == [f"shop/{number:09}.json" for number in range(1, len(kept) + 1)]
    assert len(kept) > KILLS / 2
    store = open_store(writing.settings_of(kind), tmp_path)
    store.create("shop/after.json", b"as ever")
    assert store.read("shop/after.json") == b"as ever"
    if kind == "git":
        subprocess.run(["git", "fsck", "--strict"], cwd=remote, check=True, capture_output=True)
