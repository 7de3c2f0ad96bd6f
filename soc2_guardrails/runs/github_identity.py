"""Who runs this, as GitHub vouches for it: the claims of a job's OIDC token, with the token's signature checked."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

import jwt

AUDIENCE: Final = "soc2-guardrails"
"""What the token is asked for, so that one that was made for something else proves nothing here."""

_GITHUB: Final = "https://github.com"
_GITHUB_ISSUER: Final = "https://token.actions.githubusercontent.com"
_ALGORITHMS: Final = ("RS256", "ES256")
_ANSWER_SECONDS: Final = 20
_CLAIMS: Final = (
    "iss",
    "sub",
    "actor",
    "actor_id",
    "repository",
    "repository_id",
    "repository_owner_id",
    "event_name",
    "ref",
    "sha",
    "environment",
    "workflow_ref",
    "workflow_sha",
    "job_workflow_ref",
    "job_workflow_sha",
    "run_id",
    "run_attempt",
    "runner_environment",
)
"""What goes on record; a token holds more, and a time that says nothing here."""


class IdentityError(Exception):
    """There is no identity that can be believed; the message says why, without the token."""


def issuer_of(environment: Mapping[str, str]) -> str:
    """Who issues the tokens of this GitHub: that of github.com, or of the Enterprise Server named in `environment`."""
    server = environment.get("GITHUB_SERVER_URL", _GITHUB).rstrip("/")
    return _GITHUB_ISSUER if server == _GITHUB else f"{server}/_services/token"


def attested_claims(environment: Mapping[str, str], issuer: str) -> dict[str, str]:
    """The claims of this job's token.

    Args:
        environment: of the job.
        issuer: whose signature counts; never taken from the token.

    Raises:
        IdentityError: the job may not have a token (`permissions: id-token: write`), or it is not a sound one.
    """
    url, bearer = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL"), environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not bearer:
        raise IdentityError("the job has no OIDC token; give it `permissions: id-token: write`")
    query = urllib.parse.urlencode({"audience": AUDIENCE})
    answer = _get(f"{url}{'&' if '?' in url else '?'}{query}", {"Authorization": f"Bearer {bearer}"})
    token = answer.get("value")
    if not isinstance(token, str):
        raise IdentityError("GitHub's answer holds no token")
    return _checked(token, issuer)


def _checked(token: str, issuer: str) -> dict[str, str]:
    keys = _get(f"{issuer}/.well-known/openid-configuration", {}).get("jwks_uri")
    if not isinstance(keys, str):
        raise IdentityError(f"{issuer} does not say where its keys are")
    _require_private(keys)
    try:
        client = jwt.PyJWKClient(keys, timeout=_ANSWER_SECONDS)
        claims: dict[str, Any] = jwt.decode(
            token,
            client.get_signing_key_from_jwt(token),
            algorithms=list(_ALGORITHMS),
            audience=AUDIENCE,
            issuer=issuer,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as error:
        raise IdentityError(f"the OIDC token is not sound ({type(error).__name__})") from error
    return {name: str(claims[name]) for name in _CLAIMS if claims.get(name) is not None}


def _get(url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    _require_private(url)
    request = urllib.request.Request(url, headers={"Accept": "application/json", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as response:  # noqa: S310
            answer = json.load(response)
    except (OSError, ValueError) as error:
        reason = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        raise IdentityError(f"{_host(url)} gave no answer that can be read ({reason})") from error
    if not isinstance(answer, dict):
        raise IdentityError(f"{_host(url)} gave an answer of another form")
    return answer


def _require_private(url: str) -> None:
    """Tokens and keys go over TLS only, but for this machine itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}):
        raise IdentityError(f"{_host(url)} is not reached over https")


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname or "the address"
