"""Chains signed keyless, by the library's own clients against a stand-in for Sigstore's services on this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import rfc8785

from soc2_guardrails.evidence.envelope import opened
from soc2_guardrails.evidence.report import Verdict
from soc2_guardrails.evidence.signing import SigningError, Trust
from soc2_guardrails.evidence.signing.keyless import KeylessSigner
from soc2_guardrails.evidence.verification import verify
from soc2_guardrails.workspace import Identity
from tests.soc2_guardrails.evidence.chains import UPDATES, Memory, Recorder, ed25519, sample
from tests.soc2_guardrails.evidence.own_sigstore import ISSUER, WORKFLOW, OwnSigstore, served

SIGNER = Identity(identity=WORKFLOW, issuer=ISSUER)


@dataclass
class Signed:
    services: OwnSigstore
    signer: KeylessSigner
    store: Memory
    trust_root: Path

    def trust(self, identity: Identity = SIGNER) -> Trust:
        return Trust((), [identity], self.trust_root)


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Signed]:
    services = OwnSigstore()
    with served(services) as address:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{address}/token")
        root = tmp_path / "trust.json"
        signer = KeylessSigner(services.context(address, root))
        yield Signed(services, signer, sample(signer), root)


def test_a_keyless_chain_is_verified_for_its_identity(signed: Signed) -> None:
    report = verify(signed.store, signed.trust())
    [chain] = report.chains
    assert chain.bad is None
    assert (chain.verdict, chain.records, chain.proved) == (Verdict.VERIFIED, 5, 5)
    assert chain.signers == {f"identity {WORKFLOW}": 5}


def test_records_are_canonical_bundles_whose_statement_names_a_commit(signed: Signed) -> None:
    stored = signed.store.contents[UPDATES.record(1)]
    record = opened(stored)
    assert record.bundled
    assert rfc8785.dumps(json.loads(stored)) == stored
    assert "gitCommit" in json.loads(record.payload)["subject"][0]["digest"]


def test_one_certificate_serves_a_run_and_every_signature_is_logged(signed: Signed) -> None:
    assert signed.services.certified == 1
    assert signed.services.logged == len(signed.store.contents) + 4  # the head was signed with each record
    assert all("certificate" in json.loads(each)["verificationMaterial"] for each in signed.store.contents.values())


@pytest.mark.parametrize(
    "identity",
    [
        Identity(identity=WORKFLOW.replace("main", "feature"), issuer=ISSUER),
        Identity(identity=WORKFLOW, issuer="https://accounts.example"),
    ],
)
def test_it_is_not_verified_for_another(signed: Signed, identity: Identity) -> None:
    [chain] = verify(signed.store, signed.trust(identity)).chains
    assert chain.bad
    assert chain.bad.name == UPDATES.record(1)
    assert "not signed by a trusted identity" in chain.bad.what


def test_another_instance_is_not_believed(signed: Signed, tmp_path: Path) -> None:
    other = OwnSigstore().trust_root(tmp_path / "other.json")
    assert not verify(signed.store, Trust((), [SIGNER], other)).verified


def test_whom_to_believe_has_to_be_stated(signed: Signed) -> None:
    with pytest.raises(SigningError, match="--identity"):
        verify(signed.store, ed25519().trust)


def test_a_changed_statement_or_signature_is_found(signed: Signed) -> None:
    for name, whole in dict(signed.store.contents).items():
        envelope = json.loads(whole)["dsseEnvelope"]
        for text in (envelope["payload"], envelope["signatures"][0]["sig"]):
            content = bytearray(base64.b64decode(text))
            content[len(content) // 2] ^= 1
            signed.store.contents[name] = whole.replace(text.encode(), base64.b64encode(content))
            [chain] = verify(signed.store, signed.trust()).chains
            assert chain.bad
            assert chain.bad.name == name
        signed.store.contents[name] = whole


def test_no_byte_of_a_record_can_be_changed(signed: Signed) -> None:
    name = UPDATES.record(1)
    whole = signed.store.contents[name]
    for position in range(0, len(whole), 3):
        changed = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
        signed.store.contents[name] = changed
        [chain] = verify(signed.store, signed.trust()).chains
        # What its own signature does not cover is covered by the record after it.
        assert chain.bad, position
        assert chain.bad.name in (name, UPDATES.record(2))


def test_nothing_can_be_put_into_a_bundle(signed: Signed) -> None:
    material = "verificationMaterial"
    for where in ((), (material,), (material, "tlogEntries", 0), ("dsseEnvelope", "signatures", 0)):
        bundle = json.loads(signed.store.contents[UPDATES.head])
        place = bundle
        for step in where:
            place = place[step]
        place["keyid"] = "more"
        store = Memory(signed.store.contents | {UPDATES.head: rfc8785.dumps(bundle)})
        [chain] = verify(store, signed.trust()).chains
        assert chain.bad
        assert chain.bad.name == UPDATES.head


def test_a_chain_may_go_over_from_a_key_to_an_identity(signed: Signed) -> None:
    key = ed25519()
    store = Memory()
    Recorder(store, key.signer).run("run-1")
    Recorder(store, signed.signer).run("run-2")
    both = Trust(key.trust._keys.values(), [SIGNER], signed.trust_root)
    [chain] = verify(store, both).chains
    assert chain.verdict is Verdict.VERIFIED
    assert len(chain.signers) == 2


def test_a_service_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = OwnSigstore()
    with served(services) as address:
        context = services.context(address, tmp_path / "trust.json")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{address}/token")
    with pytest.raises(SigningError) as refused:
        KeylessSigner(context).sign(b"{}")
    assert "of-the-job" not in str(refused.value)
