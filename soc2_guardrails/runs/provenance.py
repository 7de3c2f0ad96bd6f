"""From which commit a run is made, and by whom as far as git tells; in GitHub Actions also what GitHub tells."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from soc2_guardrails.evidence.predicates import Actors, Commit, PullRequest

from .github_identity import IdentityError, attested_claims, issuer_of
from .pull_requests import PullRequestError, pull_request_of

if TYPE_CHECKING:
    from pathlib import Path

_ANSWER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a run comes from.

    Attributes:
        commit: of the checkout, None outside a git repository.
        actors: who ran it.
        pull_request: what it belongs to.
        page: the CI run's address, empty elsewhere.
        lacking: what could not be found out although the environment says that it is there, for the reader.
    """

    commit: Commit | None
    actors: Actors
    pull_request: PullRequest | None
    page: str
    lacking: tuple[str, ...] = ()


def provenance_of(folder: Path, environment: Mapping[str, str]) -> Provenance:
    """Asks git in `folder`, and GitHub where `environment` is that of a GitHub Actions job."""
    commit = commit_of(folder, environment)
    claimed = _claimed(folder)
    if environment.get("GITHUB_ACTIONS") != "true":
        return Provenance(commit, Actors(claimed=claimed), None, "")
    lacking: list[str] = []
    attested: Mapping[str, str] = {}
    try:
        attested = attested_claims(environment, issuer_of(environment))
    except IdentityError as error:
        lacking.append(f"no attested actor: {error}")
    pull_request: PullRequest | None = None
    try:
        pull_request = pull_request_of(environment)
    except PullRequestError as error:
        lacking.append(f"no pull request: {error}")
    claimed = claimed or environment.get("GITHUB_ACTOR", "")
    return Provenance(commit, Actors(claimed=claimed, attested=attested), pull_request, _page(environment), (*lacking,))


def commit_of(folder: Path, environment: Mapping[str, str]) -> Commit | None:
    """The commit checked out in `folder`, None outside a git repository and in one without a commit."""
    sha = _git(folder, "rev-parse", "--verify", "HEAD")
    if not sha:
        return None
    status = _git(folder, "status", "--porcelain", "--untracked-files=normal")
    ref = _git(folder, "symbolic-ref", "--short", "HEAD") or environment.get("GITHUB_REF", "")
    remote = _git(folder, "remote", "get-url", "origin") or ""
    # A tree whose state git does not tell is taken for changed.
    return Commit(sha=sha, dirty=status is None or bool(status), repository=without_credentials(remote), ref=ref)


def without_credentials(remote: str) -> str:
    """A remote's address without user, password, query and fragment."""
    if "://" not in remote:
        # scp-like `git@host:path`, or a path: the user name is no credential, and there is no password.
        return remote.rpartition("@")[2] if "@" in remote and ":" in remote else remote
    parts = urlsplit(remote)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _claimed(folder: Path) -> str:
    name, address = _git(folder, "config", "user.name") or "", _git(folder, "config", "user.email") or ""
    return f"{name} <{address}>".strip() if address else name


def _page(environment: Mapping[str, str]) -> str:
    server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    run = environment.get("GITHUB_RUN_ID", "")
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers, None if it does not."""
    # `core.fsmonitor` names a program that git would start: a checkout does not get to choose one here.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            stdin=subprocess.DEVNULL,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
