"""A client of Vault that is set up by the variables of Vault's own command line."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import hvac
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from ..source import Failure, FailureKind

WORKERS: Final = 8
"""Requests at the same time."""

_RETRIES: Final = 3
_SECONDS_TO_CONNECT: Final = 5.0
_SECONDS_TO_READ: Final = 10.0
_MOST_SECONDS_BETWEEN: Final = 8.0
_REFUSED_UNREAD: Final = frozenset({412, 429, 503})
"""Vault did nothing with a request that it answers so: a standby that is behind, a quota, a restart."""
_DURATION: Final = re.compile(r"(?P<seconds>\d+(\.\d+)?)s?")
_SINGLE_ERROR: Final = re.compile(r"1 error occurred:\s*\*\s*")
"""How Vault begins a list of one."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class _Patience(Retry):
    """Retries that wait as long as the server asks for, within reason."""

    def parse_retry_after(self, retry_after: str) -> float:
        return min(super().parse_retry_after(retry_after), _MOST_SECONDS_BETWEEN)


def client_of(environment: Mapping[str, str]) -> hvac.Client | Failure:
    """A client without a token, for the server that `VAULT_ADDR` names."""
    address = environment.get("VAULT_ADDR", "").rstrip("/")
    if fault := _address_fault(address):
        return Failure(FailureKind.NOT_CONFIGURED, fault)
    try:
        seconds = _seconds(environment.get("VAULT_CLIENT_TIMEOUT", ""))
        retries = max(0, int(environment.get("VAULT_MAX_RETRIES") or _RETRIES))
    except ValueError:
        return Failure(
            FailureKind.NOT_CONFIGURED, "VAULT_CLIENT_TIMEOUT takes seconds such as 60s, VAULT_MAX_RETRIES a number"
        )
    session = requests.Session()
    session.verify = environment.get("VAULT_CACERT") or environment.get("VAULT_CAPATH") or True
    certificate, key = environment.get("VAULT_CLIENT_CERT"), environment.get("VAULT_CLIENT_KEY")
    if certificate:
        session.cert = (certificate, key) if key else certificate
    session.mount(address, _adapter(retries, {500, 502, 504} | _REFUSED_UNREAD, {"GET"}))
    # A login is only repeated where Vault did nothing with it: a secret id may be for one use.
    session.mount(f"{address}/v1/auth/", _adapter(retries, _REFUSED_UNREAD, None))
    return hvac.Client(
        url=address,
        token="",  # or hvac takes one from the process's own environment
        timeout=(min(seconds, _SECONDS_TO_CONNECT), seconds),
        session=session,
        namespace=environment.get("VAULT_NAMESPACE") or None,
    )


def failure_of(error: Exception, client: hvac.Client) -> Failure:
    """What an exception of the client means."""
    if isinstance(error, hvac.exceptions.VaultError):
        return _answered(error, client)
    if isinstance(error, requests.exceptions.SSLError):
        return Failure(
            FailureKind.UNREACHABLE, f"{client.url} has a certificate that is not trusted; set VAULT_CACERT to its CA"
        )
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.Timeout) or "Timeout" in type(reason).__name__:
        return Failure(FailureKind.TIMED_OUT, f"{client.url} did not answer in time, at several attempts")
    return Failure(FailureKind.UNREACHABLE, f"there is no connection to {client.url}: {type(reason or error).__name__}")


def _answered(error: hvac.exceptions.VaultError, client: hvac.Client) -> Failure:
    # Only what Vault lists as errors is its own text; a body without them may be a proxy's, or anything.
    own = error.errors if isinstance(error.errors, list) else []
    words = "; ".join(_SINGLE_ERROR.sub("", str(text)).strip() for text in own) or type(error).__name__
    match error:
        case hvac.exceptions.Forbidden() | hvac.exceptions.Unauthorized():
            return Failure(FailureKind.DENIED, f"Vault denies it ({words}); check the token and its policies")
        case hvac.exceptions.RateLimitExceeded():
            return Failure(FailureKind.THROTTLED, f"Vault has too many requests ({words}), at several attempts")
        case hvac.exceptions.VaultDown() if _is_sealed(client):
            return Failure(FailureKind.SEALED, f"Vault is sealed ({words}); unseal it")
        case hvac.exceptions.VaultDown() | hvac.exceptions.BadGateway() | hvac.exceptions.InternalServerError():
            return Failure(FailureKind.UNREACHABLE, f"Vault is not available ({words}), at several attempts")
        case hvac.exceptions.VaultNotInitialized():
            return Failure(FailureKind.SEALED, f"Vault is not initialised ({words})")
        case hvac.exceptions.InvalidPath():
            return Failure(FailureKind.NOT_FOUND, f"Vault has nothing there ({words})")
    return Failure(FailureKind.REFUSED, f"Vault refuses the request ({words})")


def _is_sealed(client: hvac.Client) -> bool:
    try:
        return bool(client.sys.is_sealed())
    except (hvac.exceptions.VaultError, requests.RequestException, KeyError, TypeError):
        return False


def _adapter(retries: int, statuses: set[int] | frozenset[int], methods: set[str] | None) -> HTTPAdapter:
    return HTTPAdapter(
        pool_maxsize=WORKERS,
        max_retries=_Patience(
            total=retries,
            read=retries if methods else 0,
            status_forcelist=statuses,
            allowed_methods=methods,
            backoff_factor=0.3,
            backoff_jitter=0.2,
            backoff_max=_MOST_SECONDS_BETWEEN,
            raise_on_status=False,
        ),
    )


def _address_fault(address: str) -> str | None:
    if not address:
        return (
            "VAULT_ADDR is not set; set it to the address of the Vault server, such as https://vault.example.com:8200"
        )
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        return "VAULT_ADDR is no address; set it to one such as https://vault.example.com:8200"
    if parts.username is not None or parts.password is not None:
        return "VAULT_ADDR has credentials in it; leave them out"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "VAULT_ADDR begins with http://, so that token and values would travel readable; use https://"
    return None


def _seconds(text: str) -> float:
    if not text:
        return _SECONDS_TO_READ
    match = _DURATION.fullmatch(text)
    if match is None or float(match["seconds"]) <= 0:
        raise ValueError("no duration")
    return float(match["seconds"])
