"""Secrets that a sandbox makes for itself: passphrase, signing key, and values for `env://` references.

Kept in files of mode 0600 in the sandbox's folder, so that they stay the same from run to run.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .errors import SandboxError
from .files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BYTES = 24
_MADE_UP = "sandbox-"


def passphrase(path: Path) -> str:
    """The passphrase in `path`, made at the first call."""
    if not path.exists():
        write_atomically(path, secrets.token_urlsafe(_BYTES), mode=0o600)
    return path.read_text("utf-8")


def made_up() -> str:
    """A value of a secret that is nobody's; another one at each call."""
    return f"{_MADE_UP}{secrets.token_urlsafe(_BYTES)}"


def is_made_up(value: str) -> bool:
    """Whether `made_up` may have made it."""
    return value.startswith(_MADE_UP)


def placeholders(path: Path, names: Iterable[str]) -> dict[str, str]:
    """A value for each of `names`, kept in `path`; random, and the same at each call.

    Raises:
        SandboxError: `path` is damaged.
    """
    names = set(names)
    kept: dict[str, str] = {}
    if path.exists():
        try:
            kept = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise SandboxError(f"{path} is damaged: delete it, and new values are made") from error
    missing = sorted(names - kept.keys())
    if missing:
        kept |= {name: made_up() for name in missing}
        write_atomically(path, json.dumps(kept, indent=2), mode=0o600)
    return {name: kept[name] for name in sorted(names)}


def signing_key(private: Path, public: Path) -> None:
    """Make the key that signs the sandbox's records, and the public key that they are verified with.

    Raises:
        SandboxError: `private` is damaged.
    """
    if not private.exists():
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_atomically(private, made.decode(), mode=0o600)
    try:
        key = load_pem_private_key(private.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise SandboxError(f"{private} is damaged: delete it and the folder evidence beside it") from error
    told = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_atomically(public, told.decode())
