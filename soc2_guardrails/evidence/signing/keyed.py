"""Signatures by a key that is kept: Ed25519, or ECDSA on P-256."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from soc2_guardrails.evidence.envelope import Signature, pae, sealed

from .signer import SigningError

KEY: Final = "SOC2_SIGNING_KEY"
PASSPHRASE: Final = "SOC2_SIGNING_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable

_PEM: Final = "-----BEGIN "
_KINDS: Final = "an Ed25519 key, or an ECDSA key on P-256"
_MAKE: Final = "`openssl genpkey -algorithm ed25519 -out key.pem` makes one"

_Private: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey
_Public: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey


class KeySigner:
    """Signs with one private key."""

    signs = True

    def __init__(self, private: _Private) -> None:
        """Take a key that `read_private_key` has let through."""
        self._signer = CryptoSigner(private, verifying(private.public_key()))

    @property
    def keyid(self) -> str:
        """The public key's id: the SHA-256 of its DER form, in hex."""
        return self._signer.public_key.keyid

    def sign(self, statement: bytes) -> bytes:
        """The statement in an envelope with one signature."""
        made = self._signer.sign(pae(statement))
        return sealed(statement, [Signature(made.keyid, bytes.fromhex(made.signature))])

    def described(self) -> str:
        """The key's id."""
        return f"key {self.keyid}"


def read_private_key(stated: Path | None, environment: Mapping[str, str]) -> _Private:
    """The private key for signing: from the file that the settings name, else from what SOC2_SIGNING_KEY holds.

    Args:
        stated: the file of the settings, if any.
        environment: where SOC2_SIGNING_KEY may be a path or the PEM text itself, and SOC2_SIGNING_KEY_PASSPHRASE the
            passphrase of an encrypted key.

    Raises:
        SigningError: there is none, or it cannot be read, or it is of another kind.
    """
    given = environment.get(KEY, "")
    if stated is None and given.lstrip().startswith(_PEM):
        source, pem = KEY, given.strip().encode() + b"\n"
    elif stated is not None or given:
        path = stated or Path(given)
        # A variable that is neither PEM nor a path may be a key in a form nobody asked for: it is not repeated.
        source = f"the signing key {path}" if stated else f"the file that {KEY} names"
        pem = _read(path, source)
    else:
        raise SigningError(
            f"There is no key to sign with. Name a PEM file as evidence.signing.key in soc2.yaml or in {KEY}: {_MAKE}"
        )
    passphrase = environment.get(PASSPHRASE)
    try:
        private = load_pem_private_key(pem, passphrase.encode() if passphrase else None)
    except TypeError as error:  # a passphrase is missing, or there is one too many
        mend = f"is encrypted: put its passphrase into {PASSPHRASE}"
        if passphrase:
            mend = f"is not encrypted: remove {PASSPHRASE}"
        raise SigningError(f"{source} {mend}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        doubt = f"; is {PASSPHRASE} right?" if passphrase else ""
        raise SigningError(f"{source} cannot be read as a PEM private key{doubt}") from error
    if not isinstance(private, Ed25519PrivateKey) and not (
        isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1)
    ):
        raise SigningError(f"{source} is not {_KINDS}. {_MAKE}")
    return private


def read_public_key(path: Path) -> SSlibKey:
    """A public key, whose `keyid` is the SHA-256 of its DER form in hex.

    Raises:
        SigningError: it cannot be read, or it is of another kind.
    """
    source = f"the public key {path}"
    try:
        public = load_pem_public_key(_read(path, source))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(
            f"{source} cannot be read as PEM. `openssl pkey -in key.pem -pubout -out public.pem` makes it from a "
            "private key"
        ) from error
    if not isinstance(public, Ed25519PublicKey) and not (
        isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1)
    ):
        raise SigningError(f"{source} is not {_KINDS}")
    return verifying(public)


def verifying(public: _Public) -> SSlibKey:
    """The key as securesystemslib verifies with it, under an id that `openssl` can tell too."""
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SSlibKey.from_crypto(public, hashlib.sha256(der).hexdigest())


def _read(path: Path, source: str) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no path"
        raise SigningError(f"{source} cannot be read: {why}") from error
