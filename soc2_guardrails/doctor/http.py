"""Ask an API one question, with a time limit, and never send a token anywhere else."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1_000_000


class UnreachableError(Exception):
    """There was no answer; the message says why, without the token."""


@dataclass(frozen=True)
class Answer:
    """What an API answered.

    Attributes:
        status: the HTTP status.
        headers: by name in lower case.
        body: the JSON object; empty where there is none.
        ahead: seconds that the local clock is ahead of the server's, None if it tells no time. The server tells whole
            seconds, so that within one second of 0 nothing is known.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    ahead: float | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token along."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""
        return


def get(address: str, token: str | None = None, *, seconds: float = _SECONDS) -> Answer:
    """Ask.

    Args:
        address: where, by https, or http to this machine.
        token: sent as a bearer token.
        seconds: how long to wait.

    Raises:
        UnreachableError: there is no answer, or no such address.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}):
        raise UnreachableError(f"{parts.scheme}://{parts.netloc} is no https address")
    request = urllib.request.Request(address, headers={"Accept": "application/json", "User-Agent": "soc2-guardrails"})  # noqa: S310 - checked above
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(_NoRedirect)
    began = time.time()
    try:
        try:
            response = opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as refused:
            response = refused
        with response:
            content = response.read(_MOST_BYTES)
            headers = {name.lower(): value for name, value in response.headers.items()}
            status = int(response.status)
    except ValueError:
        # Its text would repeat the header.
        raise UnreachableError("the token holds characters that no header may") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UnreachableError(f"{parts.netloc} does not answer: {reason}") from None
    return Answer(status, headers, _object(content), _ahead(headers.get("date"), (began + time.time()) / 2))


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _ahead(date: str | None, local: float) -> float | None:
    if date is None:
        return None
    try:
        return local - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
