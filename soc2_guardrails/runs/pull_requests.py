"""The pull request that a GitHub Actions job belongs to, and its reviews as far as the token may read them."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from soc2_guardrails.evidence.predicates import Approval, PullRequest

_ANSWER_SECONDS: Final = 20
_MOST_PAGES: Final = 20
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


class PullRequestError(Exception):
    """The job's event names a pull request in a form that cannot be read; the message says what is wrong."""


class _NotAllowed(Exception):
    """The API did not tell."""


def pull_request_of(environment: Mapping[str, str]) -> PullRequest | None:
    """The pull request of the job's event, or for a push the one that brought its commit; None if there is none.

    Raises:
        PullRequestError: the event cannot be read.
    """
    told = _event(environment).get("pull_request")
    if not isinstance(told, Mapping):
        told = _of_commit(environment)
    if told is None:
        return None
    try:
        number = int(told["number"])
        found = PullRequest(
            number=number,
            url=str(told.get("html_url") or ""),
            head=str(told["head"]["sha"]),
            base=str(told["base"]["ref"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PullRequestError("the event's pull_request has another form than GitHub's") from error
    return found.model_copy(update={"approvals": _approvals(environment, number)})


def _event(environment: Mapping[str, str]) -> Mapping[str, Any]:
    path = environment.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PullRequestError("the event file cannot be read") from error
    return event if isinstance(event, dict) else {}


def _of_commit(environment: Mapping[str, str]) -> Mapping[str, Any] | None:
    sha = environment.get("GITHUB_SHA", "")
    if environment.get("GITHUB_EVENT_NAME") != "push" or not re.fullmatch(r"[0-9a-f]{40,64}", sha):
        return None
    try:
        found = _get_all(environment, f"commits/{sha}/pulls")
    except _NotAllowed:
        return None
    return next((each for each in found if each.get("merged_at")), None)


def _approvals(environment: Mapping[str, str], number: int) -> tuple[Approval, ...] | None:
    try:
        return tuple(
            Approval(
                by=str((each.get("user") or {}).get("login") or ""),
                state=str(each.get("state") or "").lower(),
                commit=str(each.get("commit_id") or ""),
                at=_moment(each.get("submitted_at")),
            )
            for each in _get_all(environment, f"pulls/{number}/reviews")
        )
    except (_NotAllowed, ValueError, AttributeError):
        return None


def _moment(told: object) -> datetime | None:
    return datetime.fromisoformat(told).astimezone(UTC) if isinstance(told, str) else None


def _get_all(environment: Mapping[str, str], path: str) -> list[Mapping[str, Any]]:
    token, repository = environment.get("GITHUB_TOKEN"), environment.get("GITHUB_REPOSITORY", "")
    api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    if not token or not _REPOSITORY.fullmatch(repository):
        raise _NotAllowed
    found: list[Mapping[str, Any]] = []
    url: str | None = f"{api}/repos/{repository}/{path}?per_page=100"
    for _ in range(_MOST_PAGES):
        if url is None:
            return found
        page, url = _get(url, token, api)
        found.extend(page)
    raise _NotAllowed  # a part of the reviews is not what was asked for


def _get(url: str, token: str, api: str) -> tuple[list[Mapping[str, Any]], str | None]:
    local = urllib.parse.urlsplit(api).hostname in {"127.0.0.1", "localhost"}
    if not url.startswith(f"{api}/") or not (url.startswith("https://") or local):
        raise _NotAllowed  # the token goes to GitHub's API and nowhere else
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as response:  # noqa: S310
            page = json.load(response)
            following = _NEXT.search(response.headers.get("Link") or "")
    except (OSError, ValueError) as error:
        raise _NotAllowed from error
    if not isinstance(page, list):
        raise _NotAllowed
    return page, following[1] if following else None
