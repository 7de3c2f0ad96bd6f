"""Signatures hold against tools that are not ours, and keys are refused in words that mend."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from soc2_guardrails.evidence.envelope import opened, pae
from soc2_guardrails.evidence.signing import SigningError, signer_of
from soc2_guardrails.evidence.signing.identities import has_identity
from soc2_guardrails.evidence.signing.keyed import KEY, PASSPHRASE, KeySigner, read_private_key, read_public_key
from soc2_guardrails.workspace import SigningSettings
from tests.soc2_guardrails.evidence.chains import UPDATES, Key, ecdsa, ed25519, sample


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)


@pytest.mark.parametrize(
    ("make", "verifying"),
    [(ed25519, ["pkeyutl", "-rawin"]), (ecdsa, ["pkeyutl", "-rawin", "-digest", "sha256"])],
)
def test_openssl_verifies_every_signature(make: Callable[[], Key], verifying: list[str], tmp_path: Path) -> None:
    key = make()
    public, signed, signature = (tmp_path / name for name in ("public.pem", "signed", "signature"))
    public.write_bytes(key.public_pem)
    for stored in sample(key.signer).contents.values():
        envelope = json.loads(stored)
        payload = base64.b64decode(envelope["payload"])
        # DSSE's pre-authentication encoding, written out.
        signed.write_bytes(b"DSSEv1 28 application/vnd.in-toto+json " + str(len(payload)).encode() + b" " + payload)
        assert signed.read_bytes() == pae(payload)
        signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        check: list[str | Path] = [
            *verifying,
            "-verify",
            "-pubin",
            "-inkey",
            public,
            "-in",
            signed,
            "-sigfile",
            signature,
        ]
        assert openssl(*check).returncode == 0, openssl(*check).stderr
        signed.write_bytes(signed.read_bytes().replace(b"shop", b"shot"))
        assert openssl(*check).returncode != 0


@pytest.mark.parametrize("algorithm", [["ed25519"], ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]])
def test_a_key_made_with_openssl_signs_under_the_id_that_openssl_tells(algorithm: list[str], tmp_path: Path) -> None:
    private, public, der = (tmp_path / name for name in ("key.pem", "public.pem", "public.der"))
    assert openssl("genpkey", "-algorithm", *algorithm, "-out", private).returncode == 0
    assert openssl("pkey", "-in", private, "-pubout", "-out", public).returncode == 0
    assert openssl("pkey", "-pubin", "-in", public, "-outform", "DER", "-out", der).returncode == 0
    told = openssl("dgst", "-sha256", "-r", der).stdout.split()[0].decode()
    signer = signer_of(SigningSettings(key=Path("key.pem")), tmp_path, {})
    assert signer.signs
    assert signer.described() == f"key {told}"
    assert read_public_key(public).keyid == told
    [signature] = opened(sample(signer).contents[UPDATES.record(1)]).signatures
    assert signature.keyid == told


def test_how_records_are_signed_is_chosen_by_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(ed25519().private_pem)
    auto, keyed = SigningSettings(), SigningSettings(key=Path("key.pem"))
    github = {"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "a-token"}
    assert not signer_of(auto, tmp_path, {}).signs
    assert signer_of(keyed, tmp_path, {}).described().startswith("key ")
    assert signer_of(auto, tmp_path, {KEY: ecdsa().private_pem.decode()}).described().startswith("key ")
    assert signer_of(auto, tmp_path, {KEY: str(tmp_path / "key.pem")}).described().startswith("key ")
    assert signer_of(auto, tmp_path, github).described().startswith("Sigstore")
    assert signer_of(keyed, tmp_path, github).described().startswith("Sigstore")
    assert signer_of(SigningSettings(how="key", key=Path("key.pem")), tmp_path, github).described().startswith("key ")
    assert signer_of(SigningSettings(how="keyless"), tmp_path, {}).described().startswith("Sigstore")
    assert not signer_of(SigningSettings(how="none", key=Path("key.pem")), tmp_path, github).signs
    with pytest.raises(SigningError, match="openssl genpkey"):
        signer_of(SigningSettings(how="key"), tmp_path, github)


def test_only_a_job_that_may_have_an_identity_is_asked_for_one() -> None:
    assert has_identity({"GITLAB_CI": "true", "SIGSTORE_ID_TOKEN": "a-token"})
    assert not has_identity({"GITHUB_ACTIONS": "true"})  # a pull request from a fork
    assert not has_identity({"SIGSTORE_ID_TOKEN": "a-token"})


def test_the_key_of_the_settings_comes_before_the_variable(tmp_path: Path) -> None:
    stated, other = ed25519(), ed25519()
    (tmp_path / "key.pem").write_bytes(stated.private_pem)
    chosen = KeySigner(read_private_key(tmp_path / "key.pem", {KEY: other.private_pem.decode()}))
    assert chosen.keyid == stated.signer.keyid


def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path) -> None:
    key = ed25519()
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))
    given = {KEY: pem.decode()}
    assert KeySigner(read_private_key(None, given | {PASSPHRASE: "open sesame"})).keyid == key.signer.keyid
    for environment, mend in (
        (given, f"put its passphrase into {PASSPHRASE}"),
        (given | {PASSPHRASE: "wrong"}, f"is {PASSPHRASE} right"),
        ({KEY: key.private_pem.decode(), PASSPHRASE: "open sesame"}, f"remove {PASSPHRASE}"),
    ):
        with pytest.raises(SigningError, match=mend) as refused:
            read_private_key(None, environment)
        assert "sesame" not in str(refused.value)


def test_other_kinds_of_keys_are_refused(tmp_path: Path) -> None:
    for private in (rsa.generate_private_key(65537, 2048), generate_private_key(SECP384R1())):
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        with pytest.raises(SigningError, match="not an Ed25519 key, or an ECDSA key on P-256"):
            read_private_key(None, {KEY: pem})
        public = tmp_path / "public.pem"
        public.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        with pytest.raises(SigningError, match="not an Ed25519 key, or an ECDSA key on P-256"):
            read_public_key(public)


def test_a_key_that_cannot_be_read_is_not_repeated(tmp_path: Path) -> None:
    key = ed25519().private_pem.decode()
    inner = "".join(key.splitlines()[1:-1])
    for given in (inner, key.replace("PRIVATE", "PRIVAT"), "\0" + inner, key[:60]):
        with pytest.raises(SigningError) as refused:
            read_private_key(None, {KEY: given})
        assert inner not in str(refused.value)
    (tmp_path / "key.pem").write_text("not a key")
    for path in (tmp_path / "key.pem", tmp_path / "missing.pem", tmp_path):
        with pytest.raises(SigningError, match=str(path)):
            read_private_key(path, {})
        with pytest.raises(SigningError, match=str(path)):
            read_public_key(path)


def test_a_public_key_does_not_sign_and_a_private_one_is_not_trusted(tmp_path: Path) -> None:
    key = ed25519()
    (tmp_path / "key.pem").write_bytes(key.private_pem)
    with pytest.raises(SigningError, match="-pubout"):
        read_public_key(tmp_path / "key.pem")
    with pytest.raises(SigningError, match="cannot be read as a PEM private key"):
        read_private_key(None, {KEY: key.public_pem.decode()})
