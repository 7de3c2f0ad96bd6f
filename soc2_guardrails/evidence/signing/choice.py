"""The signer that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from soc2_guardrails.workspace import SigningSettings

from .keyed import KEY, KeySigner, read_private_key
from .signer import Signer
from .unsigned import Unsigned


def signer_of(settings: SigningSettings, root: Path, environment: Mapping[str, str]) -> Signer:
    """Make the signer ready.

    Args:
        settings: what `evidence.signing` of `soc2.yaml` says.
        root: the folder of that file, which a relative path starts from.
        environment: the variables that name a key or tell of an OIDC identity.

    Raises:
        SigningError: a key is asked for, and there is none that can be used.
    """
    key = root / settings.key.expanduser() if settings.key else None
    match settings.how:
        case "none":
            return Unsigned()
        case "key":
            return KeySigner(read_private_key(key, environment))
        case "keyless":
            return _keyless()
        case "auto":
            # Sigstore's library takes a third of a second to import: only for those who use it.
            from .identities import has_identity  # noqa: PLC0415

            if has_identity(environment):
                return _keyless()
            return KeySigner(read_private_key(key, environment)) if key or environment.get(KEY) else Unsigned()


def _keyless() -> Signer:
    from .keyless import KeylessSigner  # noqa: PLC0415

    return KeylessSigner()
