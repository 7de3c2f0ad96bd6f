"""Whose signatures are believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature as SSlibSignature
from securesystemslib.signer import SSlibKey

from soc2_guardrails.evidence.envelope import Envelope
from soc2_guardrails.evidence.errors import EvidenceError
from soc2_guardrails.workspace import Identity, TrustSettings

from .keyed import read_public_key

if TYPE_CHECKING:
    from .keyless import KeylessTrust


class UntrustedError(EvidenceError):
    """A record is not signed by anybody who is believed."""


class Trust:
    """Public keys and keyless identities that are believed."""

    def __init__(
        self, keys: Iterable[SSlibKey] = (), identities: Sequence[Identity] = (), trust_root: Path | None = None
    ) -> None:
        """Take what is believed; `trust_root` is only read for the first keyless record."""
        self._keys: Mapping[str, SSlibKey] = {key.keyid: key for key in keys}
        self._identities = tuple(identities)
        self._trust_root = trust_root

    @classmethod
    def stated(cls, settings: TrustSettings, root: Path) -> Self:
        """What `evidence.trust` of `soc2.yaml` says; its relative paths start from `root`.

        Raises:
            SigningError: a key cannot be read.
        """
        return cls(
            [read_public_key(root / path.expanduser()) for path in settings.keys],
            settings.identities,
            root / settings.trust_root.expanduser() if settings.trust_root else None,
        )

    @property
    def believes_nobody(self) -> bool:
        """Whether no signature at all can be believed."""
        return not self._keys and not self._identities

    def signer_of(self, envelope: Envelope) -> str:
        """Who signed: the one signer of the record, who is believed.

        Raises:
            UntrustedError: there is not exactly one signature, or it is of somebody else, or it is wrong.
            SigningError: keyless signatures cannot be checked with what is stated.
        """
        if len(envelope.signatures) != 1:
            said = (
                f"has {len(envelope.signatures)} signatures instead of one" if envelope.signatures else "is not signed"
            )
            raise UntrustedError(f"it {said}")
        return self._identity_of(envelope) if envelope.bundled else self._key_of(envelope)

    def _key_of(self, envelope: Envelope) -> str:
        [signature] = envelope.signatures
        key = self._keys.get(signature.keyid)
        if key is None:
            raise UntrustedError(
                f"it says to be signed by key {signature.keyid[:80]!r}, which is not trusted; if it is to be, "
                "state its public key with --key, or as evidence.trust.keys in soc2.yaml"
            )
        try:
            key.verify_signature(SSlibSignature(key.keyid, signature.signature.hex()), envelope.pae)
        except UnverifiedSignatureError as error:
            raise UntrustedError(f"its signature is not of key {key.keyid}, or it was changed") from error
        return f"key {key.keyid}"

    def _identity_of(self, envelope: Envelope) -> str:
        from .keyless import NotSignedForError  # noqa: PLC0415 - see choice.py

        try:
            return f"identity {self._keyless.identity_of(envelope.stored, envelope.payload)}"
        except NotSignedForError as error:
            raise UntrustedError(f"it is not signed by a trusted identity: {error}") from error

    @cached_property
    def _keyless(self) -> KeylessTrust:
        from .keyless import KeylessTrust  # noqa: PLC0415 - see choice.py

        return KeylessTrust(self._identities, self._trust_root)
