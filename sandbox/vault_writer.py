"""Writes secrets into a key-value engine of version 2 in Vault."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import hvac
import requests

from soc2_guardrails.secrets import Failure, Reference
from soc2_guardrails.secrets.sources.vault_client import client_of, failure_of
from soc2_guardrails.secrets.sources.vault_login import GivenToken, log_in, login_of

from .errors import NotWrittenError, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ERRORS: Final = (hvac.exceptions.VaultError, requests.RequestException)
_NONE: Final = 0
"""The number that Vault takes for: there must be no version yet."""


class _AnotherVersionError(Exception):
    """The newest version is not the one that was to be followed."""


class VaultWriter:
    """Has the server compare versions, so that nothing is overwritten that was written in between."""

    def __init__(self, client: hvac.Client) -> None:
        """Take a client with a token."""
        self._client = client

    def create(self, reference: Reference, value: str) -> bool:
        """Write a secret that has never had a version; False if it has.

        Raises:
            NotWrittenError: Vault refuses.
        """
        try:
            self._write(reference, value, _NONE)
        except _AnotherVersionError:
            return False
        return True

    def replace(self, reference: Reference, value: str, version: str | None) -> None:
        """Write the version of a secret that follows `version`.

        Raises:
            NotWrittenError: Vault refuses, or has a later version.
        """
        try:
            self._write(reference, value, int(version) if version else _NONE)
        except _AnotherVersionError:
            raise NotWrittenError(reference, "somebody else wrote it at the same time") from None

    def _write(self, reference: Reference, value: str, version: int) -> None:
        try:
            mount = self._mount(reference)
            self._client.secrets.kv.v2.create_or_update_secret(
                reference.path.removeprefix(mount), {reference.field: value}, cas=version, mount_point=mount.rstrip("/")
            )
        except _ERRORS as error:
            if "check-and-set" in str(error):
                raise _AnotherVersionError from None
            raise NotWrittenError(reference, failure_of(error, self._client).text) from None

    def _mount(self, reference: Reference) -> str:
        # None for what is not there.
        told = (self._client.read(f"sys/internal/ui/mounts/{reference.path}") or {}).get("data") or {}
        if (told.get("options") or {}).get("version") != "2":
            raise NotWrittenError(reference, "there is no key-value engine of version 2, which keeps versions")
        return str(told["path"])


@contextmanager
def vault_writer(environment: Mapping[str, str]) -> Iterator[VaultWriter]:
    """A writer that is logged in as sources log in.

    Raises:
        SandboxError: the environment does not say how, or Vault refuses.
    """
    client = client_of(environment)
    if isinstance(client, Failure):
        raise SandboxError(client.text)
    login = login_of(environment)
    if isinstance(login, Failure):
        raise SandboxError(login.text)
    try:
        log_in(client, login)
    except _ERRORS as error:
        raise SandboxError(f"The login failed: {failure_of(error, client).text}") from None
    try:
        yield VaultWriter(client)
    finally:
        if not isinstance(login, GivenToken):
            with suppress(*_ERRORS):  # It expires by itself.
                client.auth.token.revoke_self()
