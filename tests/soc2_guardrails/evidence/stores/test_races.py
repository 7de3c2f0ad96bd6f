"""Several writers at once: every name has one winner, and nothing that was stored is lost."""

from __future__ import annotations

from collections import Counter

import pytest

from soc2_guardrails.evidence.stores import Store
from tests.soc2_guardrails.evidence.stores.asked_for import AskedFor
from tests.soc2_guardrails.evidence.stores.racing import append, create_the_same, race, race_in_threads


def _assert_one_winner_each(store: Store, written: dict[str, list[str]], names: int) -> None:
    winners = Counter(name for won in written.values() for name in won)
    assert set(winners.values()) == {1}
    assert len(winners) == names
    kept = {name: content.decode() for name, content in store.entries("race")}
    assert kept == {name: writer for writer, won in written.items() for name in won}


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 4])
def test_a_name_that_many_processes_want_has_one_winner(asked_for: AskedFor, threads: int) -> None:
    written = race(asked_for, create_the_same, processes=4, threads=threads)

    assert len(written) == 4 * threads
    _assert_one_winner_each(asked_for.opened(), written, names=6)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 4])
def test_what_many_processes_append_is_all_there(asked_for: AskedFor, threads: int) -> None:
    written = race(asked_for, append, processes=4, threads=threads)

    assert {len(won) for won in written.values()} == {2}
    store = asked_for.opened()
    _assert_one_winner_each(store, written, names=2 * 4 * threads)
    assert store.names() == [f"race/{number:09}.json" for number in range(1, 2 * 4 * threads + 1)]


def test_threads_may_share_a_store(asked_for: AskedFor) -> None:
    store = asked_for.opened()

    written = race_in_threads(store, create_the_same, threads=16)

    _assert_one_winner_each(asked_for.opened(), written, names=6)
