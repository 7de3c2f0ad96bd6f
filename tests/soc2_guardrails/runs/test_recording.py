"""What earlier runs left open is settled, once, whoever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soc2_guardrails.evidence.chain import Chain, ChainName
from soc2_guardrails.evidence.predicates import (
    Actors,
    Emergency,
    Intent,
    Link,
    Operation,
    Outcome,
    Result,
    Review,
    Runner,
)
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores import StoreError
from soc2_guardrails.runs.history import History, history_of
from soc2_guardrails.runs.recording import OutcomeNotStored, Place, Recording
from soc2_guardrails.runs.run_folder import RunFolder, host_digest, new_run
from soc2_guardrails.runs.spool import UnreadableSpool
from tests.soc2_guardrails.evidence.chains import Memory

HERE = ChainName("shop", "dev", "updates")


class Full(Memory):
    """A store that takes nothing more once it is told so."""

    full = False

    def create(self, name: str, content: bytes) -> None:
        if self.full:
            raise StoreError("the store is full")
        super().create(name, content)


@pytest.fixture
def store() -> Full:
    return Full()


@pytest.fixture
def chain(store: Full) -> Chain:
    return Chain(store, HERE, Unsigned())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.below(tmp_path / "state")


def begin(
    chain: Chain, place: Place, run: str, *, host: str = "", hours: float = 1, emergency: bool = False
) -> Recording:
    recording = Recording(chain, place, run)
    recording.settle()

    def intent(link: Link, history: History) -> Intent:
        return Intent(
            link=link,
            run=run,
            at=datetime.now(UTC),
            project="shop",
            stack="dev",
            operation=Operation.UPDATE,
            sandbox=False,
            commit=None,
            actors=Actors(),
            emergency=Emergency(reason="down", ticket="INC-1") if emergency else None,
            packs=(),
            versions={},
            runner=Runner(
                host=host or host_digest(place.runs), lock=run, until=datetime.now(UTC) + timedelta(hours=hours)
            ),
            unfinished=history.unfinished,
            unreviewed=history.unreviewed,
        )

    recording.begin(intent)
    return recording


def finish(recording: Recording, run: str, *, emergency: bool = False) -> None:
    def outcome(link: Link, intent: str) -> Outcome:
        return Outcome(
            link=link,
            run=run,
            intent=intent,
            at=datetime.now(UTC),
            project="shop",
            stack="dev",
            operation=Operation.UPDATE,
            sandbox=False,
            result=Result.SUCCEEDED,
            emergency=emergency,
        )

    recording.end(outcome)


def results(chain: Chain) -> list[tuple[str, str, str]]:
    """Run, result and who closed it, of each outcome."""
    outcomes = [each.predicate for each in chain.entries() if isinstance(each.predicate, Outcome)]
    return [(each.run, each.result.value, each.closed_by) for each in outcomes]


def test_a_run_that_lives_is_left_alone(chain: Chain, place: Place) -> None:
    name = new_run()
    with RunFolder(place.runs, name):
        first = begin(chain, place, name)
        later = begin(chain, place, "later")
        assert [each.run for each in later.history.unfinished] == [name]
        finish(first, name)
    assert results(chain) == [(name, "succeeded", "")]


def test_a_run_whose_lock_is_free_is_closed_once(chain: Chain, place: Place) -> None:
    name = new_run()
    folder = RunFolder(place.runs, name)
    begin(chain, place, name)
    folder.__exit__()
    others = [Recording(chain, place, "second"), Recording(chain, place, "third")]
    assert [bool(each.settle()) for each in others] == [True, False]
    assert results(chain) == [(name, "interrupted", "second")]
    assert history_of(chain).unfinished == ()


def test_two_runs_that_come_at_once_close_a_killed_run_once(chain: Chain, place: Place, store: Full) -> None:
    begin(chain, place, new_run())
    store_create = store.create

    def first_lets_another_close(name: str, content: bytes) -> None:
        store.create = store_create  # type: ignore[method-assign]
        Recording(chain, place, "faster").settle()
        store_create(name, content)

    store.create = first_lets_another_close  # type: ignore[method-assign]
    assert Recording(chain, place, "slower").settle() == ()
    assert [closed_by for _, _, closed_by in results(chain)] == ["faster"]


def test_a_run_elsewhere_is_closed_when_its_time_is_over(chain: Chain, place: Place) -> None:
    begin(chain, place, "elsewhere", host="sha256:other", hours=1)
    begin(chain, place, "over", host="sha256:other", hours=-1)
    Recording(chain, place, "next").settle()
    assert [run for run, *_ in results(chain)] == ["over"]
    assert [each.run for each in history_of(chain).unfinished] == ["elsewhere"]


def test_what_is_open_is_carried_on_from_intent_to_intent(chain: Chain, place: Place) -> None:
    finish(begin(chain, place, "emergency", emergency=True), "emergency", emergency=True)
    for number in range(3):
        finish(begin(chain, place, f"run-{number}"), f"run-{number}")
    [open_one] = history_of(chain).unreviewed
    assert open_one.run == "emergency"
    entry = chain.record(open_one.sequence)
    assert entry is not None
    assert isinstance(entry.predicate, Outcome)
    chain.append(
        lambda link: Review(
            link=link,
            at=datetime.now(UTC),
            run="emergency",
            outcome=entry.digest,
            sandbox=False,
            actors=Actors(),
            conclusion="seen",
        )
    )
    assert history_of(chain).unreviewed == ()
    finish(begin(chain, place, "after"), "after")
    assert history_of(chain) == History(sequence=11)


def test_a_killed_emergency_stays_open(chain: Chain, place: Place) -> None:
    begin(chain, place, new_run(), emergency=True)
    Recording(chain, place, "next").settle()
    assert len(history_of(chain).unreviewed) == 1


def test_an_outcome_that_cannot_be_stored_is_kept_and_stored_by_the_next_run(
    chain: Chain, place: Place, store: Full
) -> None:
    name = new_run()
    recording = begin(chain, place, name)
    store.full = True
    with pytest.raises(OutcomeNotStored, match="the store is full") as lost:
        finish(recording, name)
    assert lost.value.file.stat().st_mode & 0o777 == 0o600
    assert str(lost.value.file) in str(lost.value)
    store.full = False
    [line] = Recording(chain, place, "next").settle()
    assert f"Stored the outcome of run {name}" in line
    assert results(chain) == [(name, "succeeded", "")]
    assert not list(place.spool.iterdir())


def test_an_intent_that_cannot_be_stored_stops_the_run(chain: Chain, place: Place, store: Full) -> None:
    store.full = True
    with pytest.raises(StoreError):
        begin(chain, place, "run")


def test_a_damaged_file_that_waits_is_named(chain: Chain, place: Place) -> None:
    place.spool.mkdir(parents=True)
    (place.spool / "run.json").write_text("{}")
    with pytest.raises(UnreadableSpool, match=r"unstored/run\.json is no outcome"):
        Recording(chain, place, "next").settle()
