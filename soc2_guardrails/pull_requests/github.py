"""The one comment of a stack on a pull request, through GitHub's REST API."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_PAGE: Final = 100
_PAGES: Final = 50
_SECONDS: Final = 30
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_BOT: Final = "github-actions[bot]"
"""Whose comments those made with a workflow's own token are."""


class CommentError(Exception):
    """The comment could not be made; the message says why and never holds the token."""


@dataclass(frozen=True, slots=True)
class PullRequestComments:
    """The comments of a pull request.

    Attributes:
        repository: `owner/name`.
        number: of the pull request.
        token: may write comments.
        api: address of the API.
        author: who the comments made with the token are of. Others can write the same first line: theirs are left be.
    """

    repository: str
    number: int
    token: str = field(repr=False)
    api: str = "https://api.github.com"
    author: str = _BOT

    def put(self, marker: str, body: str) -> str:
        """Makes the comment that begins with the marker, or brings it up to date; gives its address.

        Raises:
            CommentError: it could not be made.
        """
        if not _REPOSITORY.fullmatch(self.repository):
            raise CommentError(f"{self.repository!r} is no repository: owner/name is expected")
        own = next((each for each in self._comments() if self._is_own(each, marker)), None)
        if own is None:
            made = self._ask("POST", f"/repos/{self.repository}/issues/{self.number}/comments", {"body": body})
        elif own.get("body") == body:
            made = own
        else:
            made = self._ask("PATCH", f"/repos/{self.repository}/issues/comments/{int(own['id'])}", {"body": body})
        return str(made.get("html_url", ""))

    def _is_own(self, comment: Mapping[str, Any], marker: str) -> bool:
        by: Mapping[str, Any] = comment.get("user") or {}
        return by.get("login") == self.author and str(comment.get("body") or "").startswith(marker)

    def _comments(self) -> Iterator[Mapping[str, Any]]:
        for page in range(1, _PAGES + 1):
            query = urllib.parse.urlencode({"per_page": _PAGE, "page": page})
            found = self._ask("GET", f"/repos/{self.repository}/issues/{self.number}/comments?{query}")
            yield from found
            if len(found) < _PAGE:
                return

    def _ask(self, method: str, path: str, content: object = None) -> Any:  # noqa: ANN401 - any JSON value
        if not self.api.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise CommentError(f"{self.api}: the API is asked over https only")
        request = urllib.request.Request(  # noqa: S310 - checked above
            f"{self.api.rstrip('/')}{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "soc2-guardrails",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - checked above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            mend = " The job needs `permissions: pull-requests: write`" if error.code in {401, 403, 404} else ""
            raise CommentError(f"{method} {path.partition('?')[0]}: GitHub answers {error.code}.{mend}") from None
        except (OSError, ValueError) as error:
            raise CommentError(f"{method} {path.partition('?')[0]}: {type(error).__name__}") from None
