"""A real keyless signature is believed for its own identity, and for nothing else. No network is needed."""

from __future__ import annotations

import base64
import json
from importlib import resources
from pathlib import Path

import pytest
import rfc8785
import sigstore

from soc2_guardrails.evidence.envelope import EnvelopeError, opened
from soc2_guardrails.evidence.signing import SigningError
from soc2_guardrails.evidence.signing.keyless import KeylessSigner, KeylessTrust, NotSignedForError
from soc2_guardrails.workspace import Identity

RAW = (Path(__file__).parent / "sigstore" / "staging.sigstore.json").read_bytes()
BUNDLE = rfc8785.dumps(json.loads(RAW))
PAYLOAD = base64.b64decode(json.loads(RAW)["dsseEnvelope"]["payload"])
REPOSITORY = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
WORKFLOW = f"{REPOSITORY}/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"
SIGNER = Identity(identity=WORKFLOW, issuer=ISSUER)


@pytest.fixture(scope="module")
def trust_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The staging instance's, which comes with the library."""
    return _trust_root(tmp_path_factory.mktemp("trust"), "tuf-repo-cdn.sigstage.dev")


def _trust_root(folder: Path, repository: str) -> Path:
    stored = resources.files(sigstore) / "_store" / f"https%3A%2F%2F{repository}" / "trusted_root.json"
    file = folder / "trusted_root.json"
    file.write_bytes(stored.read_bytes())
    return file


def test_a_real_bundle_is_believed_for_its_identity(trust_root: Path) -> None:
    trust = KeylessTrust([SIGNER], trust_root)
    assert trust.identity_of(BUNDLE, PAYLOAD) == WORKFLOW
    several = KeylessTrust([Identity(identity="someone@acme.example", issuer=ISSUER), SIGNER], trust_root)
    assert several.identity_of(BUNDLE, PAYLOAD) == WORKFLOW


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [
        (WORKFLOW.replace("main", "other"), ISSUER),
        (REPOSITORY, ISSUER),
        (WORKFLOW, "https://accounts.example"),
    ],
)
def test_it_is_not_believed_for_another_identity_or_issuer(identity: str, issuer: str, trust_root: Path) -> None:
    with pytest.raises(NotSignedForError):
        KeylessTrust([Identity(identity=identity, issuer=issuer)], trust_root).identity_of(BUNDLE, PAYLOAD)


def test_it_is_not_believed_under_another_trust_root(tmp_path: Path) -> None:
    production = _trust_root(tmp_path, "tuf-repo-cdn.sigstore.dev")
    with pytest.raises(NotSignedForError):
        KeylessTrust([SIGNER], production).identity_of(BUNDLE, PAYLOAD)


def test_it_is_not_believed_for_another_payload(trust_root: Path) -> None:
    trust = KeylessTrust([SIGNER], trust_root)
    with pytest.raises(NotSignedForError, match="something else"):
        trust.identity_of(BUNDLE, PAYLOAD + b" ")
    bundle = json.loads(BUNDLE)
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(PAYLOAD.replace(b"a.txt", b"b.txt")).decode()
    with pytest.raises(NotSignedForError):
        trust.identity_of(rfc8785.dumps(bundle), PAYLOAD.replace(b"a.txt", b"b.txt"))


@pytest.mark.parametrize("part", ["certificate", "tlogEntries", "timestampVerificationData"])
def test_every_part_of_the_proof_is_needed(part: str, trust_root: Path) -> None:
    bundle = json.loads(BUNDLE)
    del bundle["verificationMaterial"][part]
    with pytest.raises(NotSignedForError):
        KeylessTrust([SIGNER], trust_root).identity_of(rfc8785.dumps(bundle), PAYLOAD)


def test_a_changed_signature_or_certificate_or_log_entry_is_found(trust_root: Path) -> None:
    trust = KeylessTrust([SIGNER], trust_root)
    whole = json.loads(BUNDLE)
    material = whole["verificationMaterial"]
    for text in (
        whole["dsseEnvelope"]["signatures"][0]["sig"],
        material["certificate"]["rawBytes"],
        material["tlogEntries"][0]["canonicalizedBody"],
        material["tlogEntries"][0]["inclusionProof"]["rootHash"],
        material["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"],
    ):
        content = bytearray(base64.b64decode(text))
        content[len(content) // 2] ^= 1
        changed = BUNDLE.replace(text.encode(), base64.b64encode(content))
        assert changed != BUNDLE
        with pytest.raises(NotSignedForError):
            trust.identity_of(changed, PAYLOAD)


def test_somebody_has_to_be_named(trust_root: Path) -> None:
    with pytest.raises(SigningError, match="--identity"):
        KeylessTrust([], trust_root)


def test_a_trust_root_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_text("{}")
    for file in (tmp_path / "root.json", tmp_path / "missing.json"):
        with pytest.raises(SigningError, match=str(file)):
            KeylessTrust([SIGNER], file)


def test_a_bundle_of_something_else_is_no_record() -> None:
    # It is signed, but says nothing that a record can say.
    with pytest.raises(EnvelopeError, match="canonical"):
        opened(BUNDLE)


def test_without_an_identity_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", raising=False)
    with pytest.raises(SigningError, match="id-token: write"):
        KeylessSigner().sign(b"{}")
