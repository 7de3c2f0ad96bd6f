"""A chain grows by one record at a time, whoever appends at the same time."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from soc2_guardrails.evidence.chain import Chain, ChainError, ChainName, chains_in
from soc2_guardrails.evidence.errors import EvidenceError
from soc2_guardrails.evidence.predicates import Intent, Link
from soc2_guardrails.evidence.report import Verdict
from soc2_guardrails.evidence.signing.keyed import read_public_key
from soc2_guardrails.evidence.signing.trust import Trust
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores import TakenError
from soc2_guardrails.evidence.stores.folder import Folder
from soc2_guardrails.evidence.verification import verify
from tests.soc2_guardrails.evidence.chains import UPDATES, Key, Memory, Recorder, digest, ed25519, sample

WRITER = """
import sys
from pathlib import Path
from soc2_guardrails.evidence.signing.keyed import KeySigner, read_private_key
from soc2_guardrails.evidence.stores.folder import Folder
from tests.soc2_guardrails.evidence.chains import Recorder
recorder = Recorder(Folder(Path(sys.argv[1])), KeySigner(read_private_key(Path(sys.argv[2]), {})))
sys.stdin.readline()
for number in range(int(sys.argv[4])):
    recorder.run(f"{sys.argv[3]}-{number}")
"""


@pytest.fixture
def key() -> Key:
    return ed25519()


def test_records_are_numbered_and_linked(key: Key) -> None:
    store = sample(key.signer)
    entries = list(Chain(store, UPDATES, key.signer).entries())
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].predicate.link == Link(chain=UPDATES.path, sequence=1, previous=None)
    for before, entry in pairwise(entries):
        assert entry.predicate.link.previous == before.digest == digest(store.contents[before.name])
    assert all(entry.signed for entry in entries)


def test_the_last_record_is_found_with_the_head_and_without(key: Key) -> None:
    store = sample(key.signer)
    chain = Chain(store, UPDATES, key.signer)
    fifth = chain.record(5)
    assert chain.last() == fifth
    del store.contents[UPDATES.head]
    assert chain.last() == fifth
    assert Chain(Memory(), UPDATES, key.signer).last() is None


def test_appending_reads_no_more_of_a_long_chain_than_of_a_short_one(key: Key) -> None:
    class Counting(Memory):
        reads = 0

        def read(self, name: str) -> bytes | None:
            self.reads += 1
            return super().read(name)

    store = Counting()
    recorder = Recorder(store, key.signer)
    needed = []
    for number in range(20):
        store.reads = 0
        recorder.run(f"run-{number}")
        needed.append(store.reads)
    assert needed[-1] == needed[1]


def test_the_head_lags_after_a_run_was_killed_and_the_next_one_moves_it(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-1")
    lagging = store.contents[UPDATES.head]
    recorder.run("run-2")
    store.contents[UPDATES.head] = lagging
    recorder.run("run-3")
    [report] = verify(store, key.trust).chains
    assert (report.verdict, report.records, report.proved) == (Verdict.VERIFIED, 6, 6)


def test_a_head_does_not_stay_behind_what_was_appended_meanwhile(key: Key) -> None:
    class Slow(Memory):
        """Another run appends, and moves the head, just before this one's head is written."""

        disturbed = False

        def replace(self, name: str, content: bytes) -> None:
            if not self.disturbed:
                self.disturbed = True
                Recorder(self, key.signer).run("fast")
            super().replace(name, content)

    store = Slow()
    Recorder(store, key.signer).begin("slow")
    [report] = verify(store, key.trust).chains
    assert (report.verdict, report.records, report.proved) == (Verdict.VERIFIED, 3, 3)


def test_two_runs_at_once_each_find_a_place(key: Key) -> None:
    class Busy(Memory):
        """Another run takes the place just before this one does."""

        disturbed = False

        def create(self, name: str, content: bytes) -> None:
            if not self.disturbed:
                self.disturbed = True
                Recorder(self, key.signer).begin("other")
            super().create(name, content)

    places: list[int] = []
    store = Busy()
    recorder = Recorder(store, key.signer)

    def build(link: Link) -> Intent:
        places.append(link.sequence)
        return recorder.intent(link, "this")

    assert recorder.chain.append(build).sequence == 2
    assert places == [1, 2]
    assert verify(store, key.trust).verified


def test_a_place_that_is_always_taken_is_given_up(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Memory):
        def create(self, name: str, content: bytes) -> None:
            raise TakenError(name)

    monkeypatch.setattr("soc2_guardrails.evidence.chain._PAUSE_S", 0.0)
    with pytest.raises(ChainError, match="Run it again"):
        Recorder(Full(), key.signer).begin("run-1")


def test_nothing_is_appended_to_a_chain_that_lost_its_last_record(key: Key) -> None:
    store = sample(key.signer)
    del store.contents[UPDATES.record(5)]
    with pytest.raises(ChainError, match=r"000000005\.json is missing"):
        Recorder(store, key.signer).begin("run-9")


@pytest.mark.parametrize("name", [UPDATES.record(5), UPDATES.head])
def test_nothing_is_appended_to_what_cannot_be_read(key: Key, name: str) -> None:
    store = sample(key.signer)
    store.contents[name] = store.contents[name][:-1]
    with pytest.raises(ChainError, match=re.escape(name)):
        Recorder(store, key.signer).begin("run-9")


def test_nothing_is_appended_to_another_chain_in_its_place(key: Key) -> None:
    other = ChainName("shop", "staging", "updates")
    store = Memory(
        {each.replace("staging", "production"): stored for each, stored in sample(key.signer, other).contents.items()}
    )
    with pytest.raises(EvidenceError, match="not this record of this chain"):
        Recorder(store, key.signer).begin("run-9")


@pytest.mark.parametrize("path", ["a/b/updates", "a/b/previews", "sandbox/a/b/updates", "sandbox/b/updates"])
def test_a_path_names_a_chain(path: str) -> None:
    assert ChainName.parse(path).path == path


@pytest.mark.parametrize(
    "path",
    ["", "a/b", "a/b/other", "a//updates", "a/../updates", "x/a/b/updates", "sandbox/x/a/b/updates", "ä/b/updates"],
)
def test_other_paths_do_not(path: str) -> None:
    with pytest.raises(ValueError, match=r"no chain|no name"):
        ChainName.parse(path)


def test_a_project_called_sandbox_is_not_the_sandbox() -> None:
    assert not ChainName.parse("sandbox/b/updates").sandbox
    assert ChainName.parse("sandbox/a/b/updates") == ChainName("a", "b", "updates", sandbox=True)


def test_chains_are_found_in_a_store() -> None:
    names = [UPDATES, ChainName("shop", "production", "previews"), ChainName("shop", "dev", "updates", sandbox=True)]
    store = Memory({"notes/readme.txt": b""})
    for name in names:
        store.contents |= sample(Unsigned(), name).contents
    assert set(chains_in(store)) == set(names)


def test_processes_that_append_at_once_leave_one_whole_chain(key: Key, tmp_path: Path, repository: Path) -> None:
    private, public, folder = tmp_path / "key.pem", tmp_path / "public.pem", tmp_path / "evidence"
    private.write_bytes(key.private_pem)
    public.write_bytes(key.public_pem)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, folder, private, f"writer{number}", "5"],
            stdin=subprocess.PIPE,
            cwd=repository,
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4
    [report] = verify(Folder(folder), Trust([read_public_key(public)])).chains
    assert report.bad is None
    assert (report.verdict, report.records, report.proved) == (Verdict.VERIFIED, 40, 40)
    assert report.open_runs == []
