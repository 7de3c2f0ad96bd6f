"""Signatures by Sigstore: a certificate for an OIDC identity that lives for minutes, and a public log of its use."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from cryptography.x509 import SubjectAlternativeName
from sigstore import dsse
from sigstore.errors import Error, TUFError
from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
from sigstore.oidc import IdentityError, IdentityToken, detect_credential
from sigstore.sign import Signer as SigstoreSigner
from sigstore.sign import SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import AnyOf
from sigstore.verify.policy import Identity as IdentityPolicy

from soc2_guardrails.evidence.envelope import PAYLOAD_TYPE, canonical
from soc2_guardrails.workspace import Identity

from .signer import SigningError

_log = logging.getLogger(__name__)

_RENEWED_AFTER_S: Final = 300.0
"""A certificate of Sigstore lives for ten minutes."""

_PERMIT: Final = (
    "On GitHub the job needs `permissions: id-token: write`, which a pull request from a fork never gets; "
    "on GitLab an `id_tokens` entry SIGSTORE_ID_TOKEN"
)


class NotSignedForError(Exception):
    """A bundle was not signed by whom it has to be."""


class KeylessSigner:
    """Signs as the CI job that this is. Its certificate is asked for when it is first needed, and used for minutes."""

    signs = True

    def __init__(self, context: SigningContext | None = None) -> None:
        """Sign with Sigstore's public instance, unless `context` is another."""
        self._context = context
        self._signer: SigstoreSigner | None = None
        self._since = 0.0

    def sign(self, statement: bytes) -> bytes:
        """The statement in a bundle.

        Raises:
            SigningError: there is no identity, or Sigstore did not answer or did not accept it.
        """
        try:
            bundle = self._current().sign_dsse(_Verbatim(statement))
        except SigningError:
            raise
        except IdentityError as error:
            raise SigningError(f"There is no OIDC identity to sign with: {error}. {_PERMIT}") from error
        except Exception as error:  # the library lets those of its HTTP client through
            raise SigningError(
                f"Sigstore did not sign: {type(error).__name__}: {error}. Try again; https://status.sigstore.dev tells "
                "whether it works for others"
            ) from error
        return canonical(json.loads(bundle.to_json()))

    def described(self) -> str:
        """That the identity signs."""
        return "Sigstore, for the OIDC identity of this job"

    def _current(self) -> SigstoreSigner:
        if self._signer is None or time.monotonic() - self._since > _RENEWED_AFTER_S:
            token = detect_credential()
            if token is None:
                raise SigningError(f"There is no OIDC identity to sign with. {_PERMIT}")
            self._context = self._context or SigningContext.from_trust_config(ClientTrustConfig.production())
            self._since = time.monotonic()
            self._signer = SigstoreSigner(IdentityToken(token), self._context)
        return self._signer


class KeylessTrust:
    """Believes bundles of certain identities."""

    def __init__(self, identities: Sequence[Identity], trust_root: Path | None) -> None:
        """Take what is believed.

        Args:
            identities: at least one.
            trust_root: a Sigstore trusted root; the public instance's if None.

        Raises:
            SigningError: there is no identity, or the trust root cannot be read.
        """
        if not identities:
            raise SigningError(
                "A keyless signature says nothing without whom it has to be of: state evidence.trust.identities "
                "in soc2.yaml, or --identity and --issuer"
            )
        self._policy = AnyOf([IdentityPolicy(identity=each.identity, issuer=each.issuer) for each in identities])
        root, self.root = _trusted_root(trust_root)
        self._verifier = Verifier(trusted_root=root)

    def identity_of(self, stored: bytes, payload: bytes) -> str:
        """The identity that signed the bundle; it is one of those that are believed.

        Args:
            stored: the bundle.
            payload: what its envelope has to hold.

        Raises:
            NotSignedForError: it was not signed by such an identity, or for another payload, or was not logged.
        """
        try:
            bundle = Bundle.from_json(stored)
            payload_type, signed = self._verifier.verify_dsse(bundle, self._policy)
            understood = canonical(json.loads(bundle.to_json()))
        except Error as error:
            raise NotSignedForError(str(error)) from error
        except Exception as error:  # of certificates and keys that no verifier should meet
            raise NotSignedForError(f"its bundle is malformed ({type(error).__name__})") from error
        if understood != stored:
            raise NotSignedForError("its bundle holds something that Sigstore's format does not know")
        if (payload_type, signed) != (PAYLOAD_TYPE, payload):
            raise NotSignedForError("its bundle signs something else")
        return _identity_in(bundle)


class _Verbatim(dsse.Statement):
    """A statement whose bytes are signed as they are.

    The library's own parser knows no digest but SHA-2 and SHA-3, and a commit is named by `gitCommit`.
    """

    def __init__(self, contents: bytes) -> None:
        self._contents = contents


def _trusted_root(path: Path | None) -> tuple[TrustedRoot, str]:
    """The trust root, and which it is."""
    if path is not None:
        try:
            return TrustedRoot.from_file(str(path)), str(path)
        except Exception as error:  # what its parser raises depends on what is wrong
            raise SigningError(f"The trust root {path} cannot be read: {error}") from error
    try:
        return ClientTrustConfig.production().trusted_root, "Sigstore's public instance"
    except TUFError:
        _log.info("no trust root from Sigstore", exc_info=True)
    own = f"the copy of Sigstore's public trust root on this machine (sigstore {metadata.version('sigstore')})"
    try:
        return ClientTrustConfig.production(offline=True).trusted_root, f"{own}, which could not be refreshed"
    except (Error, OSError, ValueError) as error:
        raise SigningError(f"There is no trust root: {error}. Name one with evidence.trust.trustRoot") from error


def _identity_in(bundle: Bundle) -> str:
    names = bundle.signing_certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    return ", ".join(str(name.value) for name in names)
