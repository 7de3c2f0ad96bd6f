"""Whatever is done to a signed chain is found, and the first bad record is named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from soc2_guardrails.evidence.chain import ChainName
from soc2_guardrails.evidence.predicates import Operation, Pack, Phase
from soc2_guardrails.evidence.report import Anchor, ChainReport, Verdict
from soc2_guardrails.evidence.signing import Signer, Trust
from soc2_guardrails.evidence.signing.keyed import read_public_key
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from soc2_guardrails.evidence.stores import Store
from soc2_guardrails.evidence.verification import verify
from tests.soc2_guardrails.evidence.chains import (
    DEVELOPER,
    PACK,
    UPDATES,
    Key,
    Memory,
    Recorder,
    digest,
    ecdsa,
    ed25519,
    sample,
)

FIVE = [UPDATES.record(sequence) for sequence in range(1, 6)]
NOBODY = Trust()
OTHER_PACK = Pack(name="soc2-guardrails", version="0.1.0", digest="sha256:" + "ee" * 32)


@pytest.fixture(scope="module")
def key() -> Key:
    return ed25519()


@pytest.fixture
def store(key: Key) -> Memory:
    return sample(key.signer)


def found(store: Store, trust: Trust, head: Anchor | None = None, name: ChainName = UPDATES) -> ChainReport:
    [report] = verify(store, trust, [name], head).chains
    return report


def bad(store: Store, trust: Trust, head: Anchor | None = None) -> tuple[str, str]:
    """The first bad record and what is wrong with it; there has to be one."""
    report = verify(store, trust, [UPDATES], head)
    assert not report.verified
    [chain] = report.chains
    assert chain.verdict is Verdict.NOT_VERIFIED
    assert chain.bad
    return chain.bad.name, chain.bad.what


def changed(stored: bytes, change: Callable[[dict[str, Any]], object], signer: Signer) -> bytes:
    """The record with another statement, signed anew."""
    statement = json.loads(base64.b64decode(json.loads(stored)["payload"]))
    change(statement)
    return signer.sign(rfc8785.dumps(statement))


def test_a_chain_as_it_was_written_is_verified(store: Memory, key: Key) -> None:
    report = verify(store, key.trust)
    assert report.verified
    [chain] = report.chains
    assert chain.verdict is Verdict.VERIFIED
    assert (chain.records, chain.proved, chain.unproved) == (5, 5, "")
    assert chain.newest == Anchor(digest(store.contents[FIVE[4]]), 5)
    assert chain.signers == {f"key {key.signer.keyid}": 5}
    assert chain.packs == {f"{PACK.name}@{PACK.version} {PACK.digest}": 2}
    assert (chain.open_runs, chain.open_emergencies, chain.remarks) == ([], [], [])


@pytest.mark.parametrize("make", [ed25519, ecdsa])
def test_no_byte_of_any_file_can_be_changed(make: Callable[[], Key]) -> None:
    key = make()
    store = sample(key.signer)
    for name, whole in dict(store.contents).items():
        for position, byte in enumerate(whole):
            # Every byte, with every bit in its turn.
            store.contents[name] = whole[:position] + bytes([byte ^ (1 << position % 8)]) + whole[position + 1 :]
            assert bad(store, key.trust)[0] == name, (name, position)
        store.contents[name] = whole
    assert verify(store, key.trust).verified


@pytest.mark.slow
def test_no_bit_of_any_file_can_be_flipped(store: Memory, key: Key) -> None:
    for name, whole in dict(store.contents).items():
        for bit in range(8 * len(whole)):
            position, mask = bit // 8, 1 << bit % 8
            store.contents[name] = whole[:position] + bytes([whole[position] ^ mask]) + whole[position + 1 :]
            assert bad(store, key.trust)[0] == name, (name, bit)
        store.contents[name] = whole


def test_no_file_can_be_cut_off_or_added_to(store: Memory, key: Key) -> None:
    for name, whole in dict(store.contents).items():
        for length in (0, 1, len(whole) // 2, len(whole) - 1):
            store.contents[name] = whole[:length]
            assert bad(store, key.trust)[0] == name
        for more in (b"\n", b" ", b"{}", whole):
            store.contents[name] = whole + more
            assert bad(store, key.trust)[0] == name
        store.contents[name] = whole


@pytest.mark.parametrize("place", range(5))
def test_a_removed_record_is_missing(store: Memory, key: Key, place: int) -> None:
    del store.contents[FIVE[place]]
    name, what = bad(store, key.trust)
    assert name == FIVE[place]
    assert "missing" in what


def test_everything_after_a_record_removed_is_missing(store: Memory, key: Key) -> None:
    for name in FIVE[2:]:
        del store.contents[name]
    assert bad(store, key.trust) == (FIVE[2], "it is missing: the head names record 5")


def test_a_removed_head_is_missing(store: Memory, key: Key) -> None:
    newest = found(store, key.trust).newest
    del store.contents[UPDATES.head]
    name, what = bad(store, key.trust)
    assert name == UPDATES.head
    assert "--head" in what
    assert found(store, key.trust, newest).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(("one", "other"), [(i, j) for i in range(5) for j in range(5) if i < j])
def test_two_records_that_changed_places_are_found(store: Memory, key: Key, one: int, other: int) -> None:
    kept = store.contents
    kept[FIVE[one]], kept[FIVE[other]] = kept[FIVE[other]], kept[FIVE[one]]
    name, what = bad(store, key.trust)
    assert name == FIVE[one]
    assert f"record {other + 1} of this chain, in another's place" in what


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("copied", range(5))
def test_a_record_that_was_put_in_between_is_found(store: Memory, key: Key, place: int, copied: int) -> None:
    kept = [store.contents.pop(name) for name in FIVE]
    for sequence, stored in enumerate([*kept[:place], kept[copied], *kept[place:]], 1):
        store.contents[UPDATES.record(sequence)] = stored
    # The same record twice: the second one is in the wrong place.
    assert bad(store, key.trust)[0] == UPDATES.record(place + 2 if copied == place else place + 1)


def test_a_record_that_was_put_after_the_last_is_found(store: Memory, key: Key) -> None:
    store.contents[UPDATES.record(6)] = store.contents[FIVE[4]]
    assert bad(store, key.trust)[0] == UPDATES.record(6)


def test_a_signed_record_that_was_forged_into_the_middle_breaks_the_next(store: Memory, key: Key) -> None:
    later = (datetime(2026, 3, 1, 9, 2, 30, tzinfo=UTC)).isoformat().replace("+00:00", "Z")
    store.contents[FIVE[2]] = changed(
        store.contents[FIVE[2]],
        lambda statement: statement["predicate"].update(at=later),
        key.signer,
    )
    name, what = bad(store, key.trust)
    assert name == FIVE[3]
    assert "the one before it" in what


def test_a_chain_rolled_back_behind_its_head_is_found(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-1")
    then = dict(store.contents)
    recorder.run("run-2")
    store.contents = then | {UPDATES.head: store.contents[UPDATES.head]}
    assert bad(store, key.trust) == (FIVE[2], "it is missing: the head names record 4")


def test_a_chain_rolled_back_with_its_head_is_only_found_by_who_knows_the_head(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-1")
    then = dict(store.contents)
    recorder.run("run-2")
    newest = found(store, key.trust).newest
    assert newest
    store.contents = then
    assert found(store, key.trust).verdict is Verdict.VERIFIED
    assert bad(store, key.trust, newest) == (FIVE[2], "it is missing: --head names record 4")
    assert bad(store, key.trust, Anchor(newest.digest))[0] == FIVE[2]


def test_a_history_rewritten_with_the_right_key_is_only_found_by_who_knows_the_head(key: Key) -> None:
    before = sample(key.signer)
    after = Memory()
    recorder = Recorder(after, key.signer)
    for number in range(3):
        recorder.run(f"other-{number}")
    assert found(after, key.trust).verdict is Verdict.VERIFIED
    known = found(before, key.trust).newest
    assert bad(after, key.trust, known) == (FIVE[4], "it is not the record that --head names")


def test_a_head_may_name_an_older_record(store: Memory, key: Key) -> None:
    third = Anchor(digest(store.contents[FIVE[2]]), 3)
    assert found(store, key.trust, third).verdict is Verdict.VERIFIED
    assert found(store, key.trust, Anchor(third.digest)).verdict is Verdict.VERIFIED
    assert bad(store, key.trust, Anchor(third.digest, 2))[0] == FIVE[1]


def test_the_tail_after_a_head_that_lags_is_unproved(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-1")
    lagging = store.contents[UPDATES.head]
    recorder.run("run-2")
    store.contents[UPDATES.head] = lagging
    report = found(store, key.trust)
    assert report.verdict is Verdict.VERIFIED
    assert report.proved == 2
    assert "the tail after record 2" in report.unproved


def test_a_wrong_key_is_found(store: Memory) -> None:
    name, what = bad(store, ed25519().trust)
    assert name == FIVE[0]
    assert "not trusted" in what


def test_a_signed_chain_needs_somebody_to_trust(store: Memory) -> None:
    assert bad(store, NOBODY)[0] == FIVE[0]


@pytest.mark.parametrize("place", range(5))
def test_a_record_signed_by_another_key_is_found(store: Memory, key: Key, place: int) -> None:
    store.contents[FIVE[place]] = changed(store.contents[FIVE[place]], lambda _: None, ecdsa().signer)
    name, what = bad(store, key.trust)
    assert name == FIVE[place]
    assert "not trusted" in what


@pytest.mark.parametrize("name", [*FIVE, UPDATES.head])
def test_a_false_key_id_is_found(store: Memory, key: Key, name: str) -> None:
    forged = json.loads(changed(store.contents[name], lambda _: None, ed25519().signer))
    forged["signatures"][0]["keyid"] = key.signer.keyid
    store.contents[name] = rfc8785.dumps(forged)
    assert bad(store, key.trust) == (name, f"its signature is not of key {key.signer.keyid}, or it was changed")


@pytest.mark.parametrize("name", [*FIVE, UPDATES.head])
def test_a_record_without_a_signature_or_with_two_is_found(store: Memory, key: Key, name: str) -> None:
    whole = json.loads(store.contents[name])
    for signatures, what in (([], "it is not signed"), (whole["signatures"] * 2, "it has 2 signatures")):
        store.contents[name] = rfc8785.dumps(whole | {"signatures": signatures})
        named, said = bad(store, key.trust)
        assert named == name
        assert said.startswith(what)


def test_after_a_rotation_both_keys_have_to_be_trusted() -> None:
    old, new = ed25519(), ecdsa()
    store = Memory()
    Recorder(store, old.signer).run("run-1")
    Recorder(store, new.signer).run("run-2")
    both = Trust([*old.trust._keys.values(), *new.trust._keys.values()])
    report = found(store, both)
    assert report.verdict is Verdict.VERIFIED
    assert report.signers == {f"key {old.signer.keyid}": 2, f"key {new.signer.keyid}": 2}
    assert bad(store, new.trust)[0] == FIVE[0]
    assert bad(store, old.trust)[0] == FIVE[2]


@pytest.mark.parametrize(
    "name",
    [
        ChainName("shop", "staging", "updates"),
        ChainName("other", "production", "updates"),
        ChainName("shop", "production", "previews"),
        ChainName("shop", "production", "updates", sandbox=True),
    ],
)
def test_a_chain_copied_from_elsewhere_is_found(key: Key, name: ChainName) -> None:
    other = sample(key.signer, name)
    store = Memory(
        {each.replace(name.path, UPDATES.path): stored for each, stored in other.contents.items()},
    )
    assert bad(store, key.trust) == (FIVE[0], f"it is a record of another chain, {name.path!r}")
    store.contents[UPDATES.head] = sample(key.signer).contents[UPDATES.head]
    store.contents |= {each: sample(key.signer).contents[each] for each in FIVE}
    store.contents[UPDATES.head] = other.contents[name.head]
    assert bad(store, key.trust) == (UPDATES.head, f"it is the head of another chain, {name.path!r}")


def test_a_head_is_no_record_and_a_record_no_head(store: Memory, key: Key) -> None:
    whole = dict(store.contents)
    store.contents[UPDATES.record(6)] = whole[UPDATES.head]
    assert bad(store, key.trust) == (UPDATES.record(6), "it is a head, and no record")
    store.contents = whole | {UPDATES.head: whole[FIVE[4]]}
    assert bad(store, key.trust) == (UPDATES.head, "it is no head of a chain")


@pytest.mark.parametrize("leaf", ["000000003.json.bak", "3.json", "0000000003.json", "notes.txt", "000000000.json"])
def test_a_file_that_is_no_record_is_found(store: Memory, key: Key, leaf: str) -> None:
    store.contents[f"{UPDATES.path}/{leaf}"] = store.contents[FIVE[2]]
    assert bad(store, key.trust) == (f"{UPDATES.path}/{leaf}", "it is no record of this chain")


def test_a_file_outside_every_chain_is_found(store: Memory, key: Key) -> None:
    store.contents["shop/notes.txt"] = b"see the other folder"
    store.contents[f"{UPDATES.path}/more/000000001.json"] = store.contents[FIVE[0]]
    report = verify(store, key.trust)
    assert not report.verified
    assert report.strays == ["shop/notes.txt", f"{UPDATES.path}/more/000000001.json"]


def test_an_intent_without_an_outcome_is_open(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-1")
    recorder.begin("run-2")
    report = found(store, key.trust)
    assert report.verdict is Verdict.VERIFIED
    assert report.open_runs == ["run-2"]


def test_an_outcome_names_the_intent_of_its_run(key: Key) -> None:
    store, other = Memory(), Memory()
    recorder = Recorder(store, key.signer)
    first, second = recorder.begin("run-1"), recorder.begin("run-2")
    recorder.end("run-2", first)
    assert bad(store, key.trust) == (
        FIVE[2],
        f"the intent that it names is not that of its run, {second.name}",
    )
    elsewhere = Recorder(other, key.signer, ChainName("shop", "staging", "updates")).begin("run-1")
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.begin("run-1")
    recorder.end("run-1", elsewhere)
    assert bad(store, key.trust)[0] == FIVE[1]


def test_an_outcome_needs_an_intent_and_comes_once(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    intent, _ = recorder.run("run-1")
    recorder.end("run-1", intent)
    assert bad(store, key.trust) == (FIVE[2], "its run 'run-1' has ended before")
    store = Memory()
    Recorder(store, key.signer).end("run-9", intent)
    assert bad(store, key.trust) == (FIVE[0], "its run 'run-9' has no intent in this chain")


def test_a_run_begins_once(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.begin("run-1")
    recorder.begin("run-1")
    assert bad(store, key.trust) == (FIVE[1], "its run 'run-1' has begun before")


@pytest.mark.parametrize(
    "other", [{"project": "other"}, {"stack": "other"}, {"operation": Operation.PREVIEW}, {"sandbox": True}]
)
def test_a_run_of_something_else_does_not_belong_in_a_chain(key: Key, other: dict[str, Any]) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    intent = recorder.begin("run-1")
    recorder.end("run-1", intent, **other)
    assert bad(store, key.trust)[0] == FIVE[1]
    store = Memory()
    Recorder(store, key.signer).begin("run-1", **other)
    assert bad(store, key.trust)[0] == FIVE[0]


def test_a_real_run_does_not_belong_in_a_chain_of_the_sandbox(key: Key) -> None:
    name = ChainName("shop", "production", "updates", sandbox=True)
    store = Memory()
    Recorder(store, key.signer, name).begin("run-1", sandbox=False)
    report = found(store, key.trust, name=name)
    assert report.bad
    assert report.bad.what == "it is not of the sandbox, and its chain is"


def test_an_emergency_is_open_until_a_review_names_it(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    _, outcome = recorder.run("run-1", emergency=True)
    assert found(store, key.trust).open_emergencies == ["run-1"]
    recorder.review("run-1", outcome)
    assert found(store, key.trust).open_emergencies == []
    recorder.review("run-1", outcome)
    assert bad(store, key.trust)[0] == FIVE[3]


def test_a_review_names_the_outcome_of_an_emergency(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    _, ordinary = recorder.run("run-1")
    recorder.review("run-1", ordinary)
    assert bad(store, key.trust)[0] == FIVE[2]
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-2", emergency=True)
    recorder.review("run-2", ordinary)
    assert bad(store, key.trust)[0] == FIVE[2]


def test_an_outcome_cannot_hide_or_claim_that_it_was_an_emergency(key: Key) -> None:
    for emergency in (True, False):
        store = Memory()
        recorder = Recorder(store, key.signer)
        recorder.end("run-1", recorder.begin("run-1", emergency=emergency), emergency=not emergency)
        assert bad(store, key.trust)[0] == FIVE[1]


def test_a_review_by_who_ran_it_is_remarked(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    _, outcome = recorder.run("run-1", emergency=True)
    recorder.review("run-1", outcome, DEVELOPER)
    [remark] = found(store, key.trust).remarks
    assert "not independent" in remark
    assert DEVELOPER.claimed in remark


def test_the_pack_that_judged_is_the_one_that_was_announced(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    judged = Phase(operation=Operation.UPDATE, evaluated=True, pack=OTHER_PACK)
    recorder.end("run-1", recorder.begin("run-1"), phases=(judged,))
    name, what = bad(store, key.trust)
    assert name == FIVE[1]
    assert OTHER_PACK.digest in what


def test_runs_that_were_not_evaluated_are_counted(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    judged = Phase(operation=Operation.PREVIEW, evaluated=True, pack=PACK)
    unjudged = Phase(operation=Operation.UPDATE, evaluated=False, why_not="its journal is not whole")
    for number, phases in enumerate([(judged,), (judged, unjudged), (unjudged,), ()]):
        recorder.end(f"run-{number}", recorder.begin(f"run-{number}"), phases=phases)
    report = found(store, key.trust)
    assert report.verdict is Verdict.VERIFIED
    assert report.not_evaluated == 3
    assert list(report.packs.values()) == [2]


def test_only_accepted_packs_may_have_judged(store: Memory, key: Key) -> None:
    assert verify(store, key.trust, packs={PACK.digest}).verified
    [report] = verify(store, key.trust, packs={OTHER_PACK.digest}).chains
    assert report.bad
    assert report.bad.name == FIVE[0]


def test_an_intent_that_hides_what_is_open_is_remarked(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    recorder.run("run-1", emergency=True)
    recorder.begin("run-2", unreviewed=())
    [remark] = found(store, key.trust).remarks
    assert remark.startswith(FIVE[2])


def test_a_clock_that_went_back_is_remarked(key: Key) -> None:
    store = Memory()
    recorder = Recorder(store, key.signer)
    intent = recorder.begin("run-1")
    recorder.end("run-1", intent, at=recorder.now() - timedelta(days=1))
    report = found(store, key.trust)
    assert report.verdict is Verdict.VERIFIED
    [remark] = report.remarks
    assert remark.startswith(FIVE[1])


def test_a_predicate_of_a_later_version_is_not_guessed_at(store: Memory, key: Key) -> None:
    later = "urn:soc2-guardrails:evidence:review:v2"
    store.contents[FIVE[4]] = changed(
        store.contents[FIVE[4]], lambda statement: statement.update(predicateType=later), key.signer
    )
    assert bad(store, key.trust) == (FIVE[4], f"its statement is of an unknown type, {later!r}")


def test_an_unsigned_chain_is_checked_and_is_no_evidence() -> None:
    store = sample(Unsigned())
    report = verify(store, NOBODY)
    assert not report.verified
    [chain] = report.chains
    assert (chain.verdict, chain.unsigned, chain.signers) == (Verdict.UNSIGNED, 5, {})
    assert chain.as_json()["evidence"] is False


def test_changes_of_single_records_of_an_unsigned_chain_are_found() -> None:
    store = sample(Unsigned())
    for name in FIVE:
        whole = store.contents[name]
        for position, byte in enumerate(whole):
            store.contents[name] = whole[:position] + bytes([byte ^ (1 << position % 8)]) + whole[position + 1 :]
            report = found(store, NOBODY)
            # What still is a record in form is found by the next one, or by the head.
            assert report.bad, (name, position)
        store.contents[name] = whole


def test_a_rewritten_unsigned_chain_is_not_found_without_a_head_from_elsewhere() -> None:
    store = sample(Unsigned())
    known = found(store, NOBODY).newest
    rewritten = Memory()
    recorder = Recorder(rewritten, Unsigned())
    for number in range(3):
        recorder.run(f"other-{number}")
    assert found(rewritten, NOBODY).bad is None
    assert bad(rewritten, NOBODY, known)[0] == FIVE[4]


def test_where_somebody_is_trusted_an_unsigned_chain_is_bad(key: Key) -> None:
    assert bad(sample(Unsigned()), key.trust) == (FIVE[0], "it is not signed")


def test_a_sandbox_is_no_evidence_however_it_is_signed(key: Key) -> None:
    name = ChainName("shop", "production", "updates", sandbox=True)
    for signer in (key.signer, Unsigned()):
        store = sample(signer, name)
        report = verify(store, key.trust)
        assert not report.verified
        [chain] = report.chains
        assert chain.verdict is Verdict.SANDBOX
        assert chain.as_json()["evidence"] is False
        store.contents |= sample(key.signer).contents
        assert verify(store, key.trust).verified  # it does no harm beside evidence


def test_an_empty_store_or_chain_is_not_verified(key: Key) -> None:
    assert not verify(Memory(), key.trust).verified
    assert bad(Memory(), key.trust)[0] == UPDATES.head


def test_a_head_is_for_one_chain(store: Memory, key: Key) -> None:
    store.contents |= sample(key.signer, ChainName("shop", "staging", "updates")).contents
    with pytest.raises(ValueError, match="name the chain"):
        verify(store, key.trust, head=Anchor("sha256:" + "0" * 64))


def test_every_chain_is_verified_and_named(store: Memory, key: Key) -> None:
    staging = ChainName("shop", "staging", "updates")
    store.contents |= sample(key.signer, staging).contents
    del store.contents[staging.record(2)]
    report = verify(store, key.trust)
    assert not report.verified
    assert [(chain.chain, chain.bad is None) for chain in report.chains] == [(UPDATES, True), (staging, False)]


def test_records_that_others_append_meanwhile_are_no_forgery(store: Memory, key: Key) -> None:
    class Busy(Memory):
        def read(self, name: str) -> bytes | None:
            stored = super().read(name)
            if name == UPDATES.head and not self.__dict__.setdefault("grown", False):
                self.__dict__["grown"] = True
                Recorder(self, key.signer).run("run-9")
            return stored

    report = found(Busy(store.contents), key.trust)
    assert (report.verdict, report.records, report.proved) == (Verdict.VERIFIED, 7, 5)


def test_anchors_are_read_in_either_form() -> None:
    hexadecimal = "0123456789abcdef" * 4
    assert Anchor.parse(f"12:sha256:{hexadecimal}") == Anchor(f"sha256:{hexadecimal}", 12)
    assert Anchor.parse(f"12:{hexadecimal}") == Anchor(f"sha256:{hexadecimal}", 12)
    assert Anchor.parse(f"sha256:{hexadecimal}") == Anchor.parse(hexadecimal) == Anchor(f"sha256:{hexadecimal}")
    assert Anchor.parse(str(Anchor.parse(f"12:{hexadecimal}"))) == Anchor(f"sha256:{hexadecimal}", 12)
    for wrong in ("", "12", "0:" + hexadecimal, hexadecimal[1:], "12:md5:" + hexadecimal, hexadecimal.upper()):
        with pytest.raises(ValueError, match="neither"):
            Anchor.parse(wrong)


def test_a_public_key_file_is_trusted(store: Memory, key: Key, tmp_path: Path) -> None:
    file = tmp_path / "public.pem"
    file.write_bytes(key.public_pem)
    assert verify(store, Trust([read_public_key(file)])).verified
