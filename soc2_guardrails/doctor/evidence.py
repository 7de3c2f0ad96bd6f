"""Who signs records, whether that is believed, and whether the store takes them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from soc2_guardrails.evidence.errors import EvidenceError
from soc2_guardrails.evidence.signing import signer_of
from soc2_guardrails.evidence.signing.keyed import KeySigner, read_public_key
from soc2_guardrails.evidence.stores import StoreError
from soc2_guardrails.evidence.stores.opening import open_store
from soc2_guardrails.workspace import FolderStore, Workspace

from .finding import Finding, ok, problem, warning

_SIGNING: Final = "signing"
_STORE: Final = "evidence store"


def signing(workspace: Workspace, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Who signs here, and whether the stated trust believes it. Nothing is signed keyless: that would be published."""
    settings = workspace.settings.evidence
    try:
        signer = signer_of(settings.signing, workspace.root, environment)
        trusted = {read_public_key(workspace.path(path)).keyid for path in settings.trust.keys}
    except EvidenceError as error:
        yield problem(_SIGNING, str(error), "see evidence.signing and evidence.trust of soc2.yaml")
        return
    if isinstance(signer, KeySigner):
        yield _keyed(signer, trusted)
    elif signer.signs:
        if settings.trust.identities:
            yield ok(_SIGNING, f"{signer.described()}; identities are trusted by soc2.yaml")
        else:
            mend = "name identity and issuer under evidence.trust.identities in soc2.yaml"
            yield warning(_SIGNING, f"{signer.described()}, and soc2.yaml trusts no identity", mend)
    else:
        yield warning(
            _SIGNING,
            "records are not signed: whoever can write to the store can write them anew",
            "run in CI with an OIDC identity, or: openssl genpkey -algorithm ed25519 -out key.pem, "
            "and export SOC2_SIGNING_KEY=key.pem",
        )


def store(workspace: Workspace) -> Iterator[Finding]:
    """Whether the store can be read, and written to where that can be told without leaving a record."""
    settings = workspace.settings.evidence.store
    try:
        opened_store = open_store(settings, workspace.root)
        number = len(opened_store.names())
    except StoreError as error:
        yield problem(_STORE, str(error), "see evidence.store of soc2.yaml")
        return
    told = f"{opened_store.described()}, {number} files"
    if isinstance(settings, FolderStore):
        folder = workspace.path(settings.path)
        if not _writable(folder):
            yield problem(_STORE, f"{told}, cannot be written to", f"make {folder} writable for whoever runs soc2")
            return
        yield ok(_STORE, f"{told}, can be written to")
        return
    yield ok(_STORE, f"{told}; whether it can be written to shows with the first record, since none is ever deleted")


def _keyed(signer: KeySigner, trusted: Collection[str]) -> Finding:
    if not trusted:
        mend = "openssl pkey -in key.pem -pubout -out key.pub.pem, and name it under evidence.trust.keys in soc2.yaml"
        return warning(_SIGNING, f"{signer.described()}, and soc2.yaml trusts no key", mend)
    if signer.keyid not in trusted:
        mend = "name its public key under evidence.trust.keys in soc2.yaml, or sign with a key that is there"
        return problem(_SIGNING, f"{signer.described()}, which soc2.yaml does not trust", mend)
    return ok(_SIGNING, f"{signer.described()}, which soc2.yaml trusts")


def _writable(folder: Path) -> bool:
    """Whether the folder can be written to, or made."""
    existing = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
