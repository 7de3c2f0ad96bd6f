"""Whether the tokens are there and accepted, and what they are allowed, where that can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from .finding import Finding, ok, problem, warning
from .http import Answer, UnreachableError, get

GITHUB_API: Final = "https://api.github.com"
VERCEL_API: Final = "https://api.vercel.com"

_GITHUB: Final = "GitHub token"
_VERCEL: Final = "Vercel token"
_SOON_DAYS: Final = 14
_NEEDED_SCOPE: Final = "repo"
_DANGEROUS_SCOPES: Final = {"delete_repo", "admin:org", "admin:enterprise", "site_admin"}
_FINE_GRAINED: Final = "a fine-grained token of one organization, with Administration read and write"


def github(environment: Mapping[str, str], api: str = GITHUB_API) -> Iterator[Finding]:
    """The token that the GitHub provider takes from `GITHUB_TOKEN`."""
    token = environment.get("GITHUB_TOKEN", "").strip()
    if not token:
        yield warning(
            _GITHUB,
            "GITHUB_TOKEN is not set",
            f"export GITHUB_TOKEN, unless the stack has no repository or a github:token; best is {_FINE_GRAINED}",
        )
        return
    try:
        answer = get(f"{api.rstrip('/')}/user", token)
    except UnreachableError as error:
        yield problem(_GITHUB, f"is set, and could not be asked about: {error}", "see to the network, then try again")
        return
    if answer.status == 401:
        yield problem(_GITHUB, "GITHUB_TOKEN is not accepted: expired, revoked or mistyped", f"make {_FINE_GRAINED}")
    elif answer.status == 403 and "x-ratelimit-remaining" in answer.headers:
        # An app's token, as GitHub Actions hands out, is nobody's and may not ask who it is.
        yield ok(_GITHUB, "accepted; a token of an app, whose permissions cannot be asked for")
    elif answer.status != 200:
        yield problem(_GITHUB, f"could not be asked about: the API answers {answer.status}", "try again later")
    else:
        yield from _allowed(answer)
        yield from _expiry(answer)


def vercel(environment: Mapping[str, str], api: str = VERCEL_API) -> Iterator[Finding]:
    """The token that the Vercel provider takes from `VERCEL_API_TOKEN`."""
    token = environment.get("VERCEL_API_TOKEN", "").strip()
    if not token:
        yield warning(
            _VERCEL,
            "VERCEL_API_TOKEN is not set",
            "export VERCEL_API_TOKEN, unless the stack has no project or a vercel:apiToken",
        )
        return
    try:
        answer = get(f"{api.rstrip('/')}/v2/user", token)
    except UnreachableError as error:
        yield problem(_VERCEL, f"is set, and could not be asked about: {error}", "see to the network, then try again")
        return
    if answer.status in {401, 403}:
        yield problem(
            _VERCEL,
            "VERCEL_API_TOKEN is not accepted: expired, revoked or mistyped",
            "make one for the team in the account settings, with an expiry",
        )
    elif answer.status != 200:
        yield problem(_VERCEL, f"could not be asked about: the API answers {answer.status}", "try again later")
    else:
        user = answer.body.get("user")
        name = user.get("username") if isinstance(user, Mapping) else None
        whose = f" for {name}" if isinstance(name, str) else ""
        yield ok(_VERCEL, f"accepted{whose}; which teams it reaches cannot be asked for")


def _allowed(answer: Answer) -> Iterator[Finding]:
    login = answer.body.get("login")
    whose = f" for {login}" if isinstance(login, str) else ""
    stated = answer.headers.get("x-oauth-scopes")
    if stated is None:
        yield ok(_GITHUB, f"accepted{whose}; fine-grained, whose permissions cannot be asked for")
        return
    scopes = {scope.strip() for scope in stated.split(",") if scope.strip()}
    listed = ", ".join(sorted(scopes)) or "none"
    if _NEEDED_SCOPE not in scopes:
        yield problem(
            _GITHUB,
            f"accepted{whose}, with the scopes {listed}; protecting branches needs {_NEEDED_SCOPE}",
            f"make {_FINE_GRAINED}",
        )
    elif excess := scopes & _DANGEROUS_SCOPES:
        yield warning(
            _GITHUB,
            f"accepted{whose}, with more than is needed: {', '.join(sorted(excess))}",
            f"make {_FINE_GRAINED}",
        )
    else:
        yield ok(_GITHUB, f"accepted{whose}, with the scopes {listed}")


def _expiry(answer: Answer) -> Iterator[Finding]:
    stated = answer.headers.get("github-authentication-token-expiration", "")
    try:
        # As in `2026-12-24 09:00:00 UTC`, or with an offset in the place of the zone.
        ends = datetime.fromisoformat(stated.replace(" UTC", "+00:00").replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return
    days = (ends - datetime.now(UTC)).days
    if days <= _SOON_DAYS:
        yield warning(_GITHUB, f"expires on {ends.date()}", "renew it in time")
