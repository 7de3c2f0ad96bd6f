"""`vault://<mount>/<path>#<field>`: HashiCorp Vault and OpenBao, key-value engines of version 1 and 2."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import hvac
import requests

from ..json_key import as_text
from ..reference import Reference
from ..source import OF_THE_WHOLE_MANAGER, Answer, Failure, FailureKind, Fetched
from .vault_client import WORKERS, client_of, failure_of
from .vault_login import GivenToken, log_in, login_of

_ERRORS: Final = (hvac.exceptions.VaultError, requests.RequestException)


@dataclass(frozen=True, slots=True)
class _Mount:
    path: str
    versioned: bool


@dataclass(frozen=True, slots=True)
class _Secret:
    """What was read at one path: its fields, and what Vault says of the version."""

    fields: Mapping[str, object] = field(repr=False)
    version: str | None = None
    rotated: datetime | None = None


class VaultSource:
    """Reads each path once, however many of its fields are wanted."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take where the server and the credentials are named; see `vault_client` and `vault_login`."""
        self._environment = environment

    def lacking(self, references: Sequence[Reference]) -> Failure | None:
        """The address or the credentials that the environment does not name."""
        del references  # one server answers all
        for found in (client_of(self._environment), login_of(self._environment)):
            if isinstance(found, Failure):
                return found
        return None

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer references whose path is that of an engine and of a secret in it."""
        client = client_of(self._environment)
        if isinstance(client, Failure):
            return dict.fromkeys(references, client)
        login = login_of(self._environment)
        if isinstance(login, Failure):
            return dict.fromkeys(references, login)
        try:
            log_in(client, login)
        except _ERRORS as error:
            failure = failure_of(error, client)
            kind = FailureKind.NOT_AUTHENTICATED if failure.kind in _WRONG_CREDENTIALS else failure.kind
            return dict.fromkeys(references, Failure(kind, f"the login failed: {failure.text}"))
        try:
            return _read_all(client, references)
        finally:
            if not isinstance(login, GivenToken):
                with suppress(*_ERRORS):  # It expires by itself; a batch token cannot be revoked at all.
                    client.auth.token.revoke_self()


_WRONG_CREDENTIALS: Final = (FailureKind.DENIED, FailureKind.REFUSED, FailureKind.NOT_FOUND)


def _read_all(client: hvac.Client, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
    wholes = sorted({reference.whole for reference in references}, key=str)
    mounts = _mounts(client, wholes)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="vault") as pool:
        read = dict(zip(wholes, pool.map(lambda whole: _read(client, mounts[whole], whole), wholes), strict=True))
    return {reference: _at_field(read[reference.whole], reference) for reference in references}


def _mounts(client: hvac.Client, wholes: Sequence[Reference]) -> Mapping[Reference, _Mount | Failure]:
    """The engine of each secret. Each engine is asked for once, as no engine lies within another's path."""
    known: list[_Mount] = []
    found: dict[Reference, _Mount | Failure] = {}
    for whole in wholes:
        mount = next((mount for mount in known if whole.path.startswith(mount.path)), None)
        if mount is None:
            asked = _mount(client, whole.path)
            if isinstance(asked, Failure) and asked.kind in OF_THE_WHOLE_MANAGER:
                return dict.fromkeys(wholes, asked)
            found[whole] = asked
            known += [asked] if isinstance(asked, _Mount) else []
        else:
            found[whole] = mount
    return found


def _at_field(secret: _Secret | Failure, reference: Reference) -> Answer:
    if isinstance(secret, Failure):
        return secret
    name = reference.field or ""
    if name not in secret.fields:
        return Failure(FailureKind.NO_FIELD, f"the secret has no field {name!r}")
    value = as_text(secret.fields[name], f"the field {name!r}")
    return value if isinstance(value, Failure) else Fetched(value, secret.version, secret.rotated)


def _read(client: hvac.Client, mount: _Mount | Failure, whole: Reference) -> _Secret | Failure:
    if isinstance(mount, Failure):
        return mount
    within = whole.path.removeprefix(mount.path)
    try:
        if mount.versioned:
            return _versioned(client, mount, within, whole.version)
        return _plain(client, mount, within, whole)
    except _ERRORS as error:
        return failure_of(error, client)


def _mount(client: hvac.Client, path: str) -> _Mount | Failure:
    # As Vault's command line does: only the server knows where an engine's path ends and which version it has.
    try:
        answer = client.adapter.get(f"/v1/sys/internal/ui/mounts/{_quoted(path)}")
    except _ERRORS as error:
        failure = failure_of(error, client)
        if failure.kind is not FailureKind.DENIED:
            return failure
        # Vault does not tell those who may not see an engine whether there is one.
        return Failure(failure.kind, f"{failure.text}, and whether there is such a mount")
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("path"), str):
        return _not_vault()
    if data.get("type") not in ("kv", "generic"):
        return Failure(FailureKind.NOT_FOUND, f"the engine at {data['path']} is of type {data.get('type')}, not kv")
    return _Mount(data["path"], (data.get("options") or {}).get("version") == "2")


def _versioned(client: hvac.Client, mount: _Mount, within: str, version: str | None) -> _Secret | Failure:
    try:
        answer = client.adapter.get(
            f"/v1/{_quoted(mount.path)}/data/{_quoted(within)}", params={"version": version} if version else {}
        )
    except hvac.exceptions.InvalidPath as error:
        return _missing_version(error.json, version)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("metadata"), dict):
        return _not_vault()
    metadata = data["metadata"]
    return _Secret(data.get("data") or {}, str(metadata.get("version")), _time(metadata.get("created_time")))


def _plain(client: hvac.Client, mount: _Mount, within: str, whole: Reference) -> _Secret | Failure:
    if whole.version is not None:
        return Failure(
            FailureKind.NOT_FOUND, f"the engine at {mount.path} is KV version 1, which keeps no versions to pin"
        )
    answer = client.adapter.get(f"/v1/{_quoted(mount.path)}/{_quoted(within)}")
    data = answer.get("data") if isinstance(answer, dict) else None
    return _Secret(data) if isinstance(data, dict) else _not_vault()


def _missing_version(body: object, version: str | None) -> Failure:
    # A version that is gone is answered like a path that never was, but with its metadata.
    data = body.get("data") if isinstance(body, dict) else None
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if isinstance(metadata, dict):
        gone = "destroyed" if metadata.get("destroyed") else f"deleted at {metadata.get('deletion_time')}"
        return Failure(FailureKind.DELETED, f"version {metadata.get('version')} of the secret was {gone}")
    if version is not None:
        return Failure(FailureKind.NOT_FOUND, f"Vault has no such secret, or no version {version} of it")
    return Failure(FailureKind.NOT_FOUND, "Vault has no such secret")


def _not_vault() -> Failure:
    return Failure(
        FailureKind.NOT_JSON, "the answer is not JSON of Vault's; VAULT_ADDR may be a proxy or another server"
    )


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None


def _quoted(path: str) -> str:
    return quote(path.strip("/"))
