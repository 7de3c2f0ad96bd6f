"""What is a record, byte by byte, and what is none."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from pydantic import ValidationError

from soc2_guardrails.evidence import envelope as module
from soc2_guardrails.evidence.envelope import EnvelopeError, opened, sealed, statement_of
from soc2_guardrails.evidence.predicates import Approval, Head
from soc2_guardrails.evidence.signing.unsigned import Unsigned
from tests.soc2_guardrails.evidence.chains import PACK, UPDATES, Recorder, digest, sample

RECORD = sample(Unsigned()).contents[UPDATES.record(1)]
PAYLOAD: bytes = base64.b64decode(json.loads(RECORD)["payload"])


def refused(stored: bytes) -> str:
    with pytest.raises(EnvelopeError) as error:
        opened(stored)
    return str(error.value)


def with_statement(statement: dict[str, Any]) -> bytes:
    return sealed(rfc8785.dumps(statement))


def test_what_is_sealed_is_opened() -> None:
    read = opened(RECORD)
    assert (read.stored, read.payload, read.signatures, read.bundled) == (RECORD, PAYLOAD, (), False)
    assert statement_of(read.said) == PAYLOAD


@pytest.mark.parametrize("name", sorted(sample(Unsigned()).contents))
def test_every_record_is_a_statement_for_the_library_of_in_toto(name: str) -> None:
    payload = base64.b64decode(json.loads(sample(Unsigned()).contents[name])["payload"])
    statement = Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement()))
    statement.validate()
    assert statement.pb.predicate_type.startswith("urn:soc2-guardrails:evidence:")


def test_the_subjects_of_an_intent_are_its_commit_and_its_packs() -> None:
    assert json.loads(PAYLOAD)["subject"] == [
        {"name": "https://github.com/acme/shop", "digest": {"gitCommit": "9f" * 20}},
        {"name": f"{PACK.name}@{PACK.version}", "digest": {"sha256": PACK.digest.removeprefix("sha256:")}},
    ]


def test_the_subject_of_an_outcome_is_its_intent() -> None:
    store = sample(Unsigned()).contents
    subject = json.loads(base64.b64decode(json.loads(store[UPDATES.record(2)])["payload"]))["subject"]
    assert subject[0]["name"] == "intent"
    assert f"sha256:{subject[0]['digest']['sha256']}" == digest(store[UPDATES.record(1)])


def test_the_subject_of_an_intent_without_commit_and_pack_is_the_run() -> None:
    intent = Recorder(sample(Unsigned()), Unsigned()).begin("run-9", commit=None, packs=())
    [subject] = json.loads(statement_of(intent.predicate))["subject"]
    assert subject["name"] == "run"


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"{}",
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf" + RECORD,
        RECORD.decode().encode("utf-16"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000,
        b"1" * 10_000,
        b"1e999",
        b"NaN",
        b'{"a":1' + b"0" * 5000 + b"}",
        b'"\\ud800"',
        b'{"dsseEnvelope":null}',
        b'{"dsseEnvelope":{}}',
    ],
    ids=lambda stored: repr(stored[:24]),
)
def test_what_is_no_envelope_is_refused(stored: bytes) -> None:
    assert refused(stored)


def test_only_the_canonical_form_is_read() -> None:
    envelope = json.loads(RECORD)
    for other in (
        json.dumps(envelope, indent=1),
        json.dumps(envelope),
        json.dumps(dict(reversed(envelope.items())), separators=(",", ":")),
        RECORD.decode() + "\n",
        RECORD.decode().replace("payloadType", "payload\\u0054ype"),
        RECORD.decode().replace('"signatures":[]', '"signatures":[],"signatures":[]'),
    ):
        assert "canonical" in refused(other.encode())


def test_a_key_that_is_there_twice_is_refused_in_the_statement_too() -> None:
    twice = PAYLOAD.replace(b'"predicateType":', b'"predicateType":"urn:other","predicateType":')
    assert refused(sealed(twice)) == "its statement is not in canonical form (RFC 8785)"


def test_base64_is_read_in_one_form() -> None:
    payload = json.loads(RECORD)["payload"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    padded = base64.b64encode(PAYLOAD + b" ").decode() if not payload.endswith("=") else payload
    last = len(padded.rstrip("=")) - 1
    loose = padded[:last] + letters[letters.index(padded[last]) + 1] + padded[last + 1 :]
    assert base64.b64decode(loose) == base64.b64decode(padded)
    for other in (loose, payload.rstrip("=") + "====", payload + "\n", payload[:8] + "\n" + payload[8:], 7, None):
        assert "base64" in refused(rfc8785.dumps(json.loads(RECORD) | {"payload": other}))


@pytest.mark.parametrize(
    "change",
    [
        {"payloadType": "application/json"},
        {"payloadType": None},
        {"more": 1},
        {"signatures": None},
        {"signatures": {}},
        {"signatures": [None]},
        {"signatures": [{"sig": "AA=="}]},
        {"signatures": [{"keyid": 7, "sig": "AA=="}]},
        {"signatures": [{"keyid": "", "sig": "!"}]},
        {"signatures": [{"keyid": "", "sig": "AA==", "more": ""}]},
    ],
)
def test_an_envelope_has_the_form_of_dsse_and_nothing_more(change: dict[str, object]) -> None:
    assert refused(rfc8785.dumps(json.loads(RECORD) | change))


@pytest.mark.parametrize(
    "change",
    [
        lambda statement: statement.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda statement: statement.update(more=1),
        lambda statement: statement.pop("subject"),
        lambda statement: statement.update(subject=[]),
        lambda statement: statement["subject"][0]["digest"].update(gitCommit="00" * 20),
        lambda statement: statement["subject"].reverse(),
        lambda statement: statement.update(predicateType="urn:soc2-guardrails:evidence:intent:v2"),
        lambda statement: statement.update(predicateType=["urn:soc2-guardrails:evidence:intent:v1"]),
        lambda statement: statement.update(predicateType="urn:soc2-guardrails:evidence:outcome:v1"),
        lambda statement: statement.update(predicate=None),
        lambda statement: statement["predicate"].update(more=1),
        lambda statement: statement["predicate"].pop("run"),
        lambda statement: statement["predicate"].update(sandbox="false"),
        lambda statement: statement["predicate"].update(sandbox=0),
        lambda statement: statement["predicate"].update(at="2026-03-01T09:00:00"),
        lambda statement: statement["predicate"].update(at="2026-03-01T09:00:00+01:00"),
        lambda statement: statement["predicate"].update(at=1772355600),
        lambda statement: statement["predicate"].update(operation="destroy"),
        lambda statement: statement["predicate"]["link"].update(sequence=0),
        lambda statement: statement["predicate"]["link"].update(sequence="1"),
        lambda statement: statement["predicate"]["link"].update(previous="sha256:short"),
    ],
)
def test_a_statement_that_is_not_understood_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    statement = json.loads(PAYLOAD)
    change(statement)
    assert refused(with_statement(statement))


def test_a_record_that_nobody_would_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", len(RECORD))
    opened(RECORD)
    assert "limit" in refused(RECORD + b" ")
    with pytest.raises(EnvelopeError, match="limit"):
        sealed(PAYLOAD + b"   ")


@given(st.binary(max_size=400))
def test_no_bytes_get_through_by_chance(content: bytes) -> None:
    assert refused(content)
    assert refused(sealed(content))


def test_times_are_in_utc() -> None:
    for at in (datetime(2026, 3, 1), datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1)))):
        with pytest.raises(ValidationError):
            Head(chain=UPDATES.path, sequence=1, digest="sha256:" + "0" * 64, at=at)
    assert Approval(by="rui", state="APPROVED", at=datetime(2026, 3, 1, tzinfo=UTC)).at
