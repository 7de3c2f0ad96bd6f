"""`azure-kv://<vault>/<secret>[#<json key>]`: Azure Key Vault.

Credentials are what `DefaultAzureCredential` finds: AZURE_CLIENT_ID and its like, workload identity (GitHub Actions),
managed identity, `az login`. Vaults of another cloud than the public one are found by AZURE_KEYVAULT_DNS_SUFFIX.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from azure.core import exceptions
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

from ..json_key import at_key
from ..reference import Reference
from ..source import Answer, Failure, FailureKind, Fetched

_SUFFIX: Final = "vault.azure.net"
_RETRIES: Final = 3
_SECONDS_TO_CONNECT: Final = 5
_SECONDS_TO_READ: Final = 10
_WORKERS: Final = 8

_KINDS: Final = {
    401: FailureKind.NOT_AUTHENTICATED,
    403: FailureKind.DENIED,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMED_OUT,
    429: FailureKind.THROTTLED,
}
_DISABLED: Final = frozenset({"SecretDisabled", "SecretExpired", "SecretNotYetValid"})


@dataclass(frozen=True, slots=True)
class _Secret:
    """What was read of one version of a secret."""

    text: str = field(repr=False)
    version: str | None
    created: datetime | None


class AzureSource:
    """Reads each version of each secret once, with one client for each vault."""

    def __init__(self, environment: Mapping[str, str], *, connect: Callable[[str], SecretClient] | None = None) -> None:
        """Take where vaults are found, or how to connect to the vault of a name."""
        self._suffix = environment.get("AZURE_KEYVAULT_DNS_SUFFIX") or _SUFFIX
        self._connect = connect

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer references whose path is that of a vault and of a secret in it."""
        wholes = sorted({reference.whole for reference in references}, key=str)
        connect = self._connect or self._connector()
        clients = {vault: connect(vault) for vault in {_vault(whole) for whole in wholes}}
        try:
            with ThreadPoolExecutor(_WORKERS, thread_name_prefix="azure-kv") as pool:
                answers = pool.map(lambda whole: _read(clients[_vault(whole)], whole), wholes)
                read = dict(zip(wholes, answers, strict=True))
        finally:
            for client in clients.values():
                client.close()
        return {reference: _answer(read[reference.whole], reference) for reference in references}

    def _connector(self) -> Callable[[str], SecretClient]:
        credential = DefaultAzureCredential()
        return lambda vault: SecretClient(
            f"https://{vault}.{self._suffix}",
            credential,
            retry_total=_RETRIES,
            connection_timeout=_SECONDS_TO_CONNECT,
            read_timeout=_SECONDS_TO_READ,
        )


def _vault(reference: Reference) -> str:
    return reference.path.partition("/")[0]


def _read(client: SecretClient, whole: Reference) -> _Secret | Failure:
    try:
        secret = client.get_secret(whole.path.partition("/")[2], whole.version)
    except exceptions.AzureError as error:
        return _failure(error)
    if secret.value is None:
        return Failure(FailureKind.EMPTY, "the secret has no value")
    created = secret.properties.created_on
    return _Secret(secret.value, secret.properties.version, created.astimezone(UTC) if created else None)


def _answer(secret: _Secret | Failure, reference: Reference) -> Answer:
    if isinstance(secret, Failure):
        return secret
    value = at_key(secret.text, reference)
    return value if isinstance(value, Failure) else Fetched(value, secret.version, secret.created)


def _failure(error: exceptions.AzureError) -> Failure:
    match error:
        case exceptions.HttpResponseError() if error.status_code is not None:
            return _refused(error, error.status_code)
        case exceptions.ClientAuthenticationError():
            # Its text lists whatever was tried, page after page.
            return Failure(
                FailureKind.NOT_AUTHENTICATED,
                f"there are no credentials for Azure that work ({type(error).__name__}); run `az login`, or set"
                " AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE",
            )
        case exceptions.ServiceRequestTimeoutError() | exceptions.ServiceResponseTimeoutError():
            return Failure(FailureKind.TIMED_OUT, "Key Vault did not answer in time")
        case exceptions.ServiceRequestError() | exceptions.ServiceResponseError():
            return Failure(
                FailureKind.UNREACHABLE,
                "there is no connection to the key vault; the name of the vault may be wrong, or it lets only some"
                " networks in",
            )
    return Failure(FailureKind.REFUSED, f"the request to Key Vault failed with {type(error).__name__}")


def _refused(error: exceptions.HttpResponseError, status: int) -> Failure:
    kind = _KINDS.get(status) or (FailureKind.UNREACHABLE if status >= 500 else FailureKind.REFUSED)
    told = error.error  # None where the body is not Azure's, of which nothing is repeated
    if told is None:
        return Failure(kind, f"Key Vault answers {status} {error.reason or ''}".rstrip())
    within = str((told.innererror or {}).get("code") or "")
    if within in _DISABLED:
        kind = FailureKind.DELETED
    words = (str(told.message or "").splitlines() or [""])[0]
    return Failure(kind, f"Key Vault answers {within or told.code}: {words}")
