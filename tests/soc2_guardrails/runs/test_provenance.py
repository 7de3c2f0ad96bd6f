"""Where a run comes from: git as it is, GitHub over HTTP with tokens that are signed."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from soc2_guardrails.runs.github_identity import AUDIENCE, IdentityError, attested_claims, issuer_of
from soc2_guardrails.runs.provenance import commit_of, provenance_of, without_credentials
from soc2_guardrails.runs.pull_requests import PullRequestError, pull_request_of

BEARER = "c4nary-of-the-request"
TOKEN = "c4nary-of-the-api"
SHA = "ab" * 20


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Dana", "-c", "user.email=dana@acme.example", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "file").write_text("one")
    git(folder, "add", "file")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "remote", "add", "origin", "https://user:c4nary@github.com/acme/shop.git")
    git(folder, "config", "user.name", "Dana Developer")
    git(folder, "config", "user.email", "dana@acme.example")
    return folder


def test_a_checkout_is_told_with_its_branch_and_without_credentials(repository: Path) -> None:
    commit = commit_of(repository, {})
    assert commit is not None
    assert commit.sha == git(repository, "rev-parse", "HEAD")
    assert (commit.dirty, commit.repository, commit.ref) == (False, "https://github.com/acme/shop.git", "main")
    assert provenance_of(repository, {}).actors.claimed == "Dana Developer <dana@acme.example>"

    (repository / "other").write_text("not committed")
    changed = commit_of(repository, {})
    assert changed is not None
    assert changed.dirty


def test_outside_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path, {}) is None


@pytest.mark.parametrize(
    ("remote", "told"),
    [
        ("https://token@github.com/a/b", "https://github.com/a/b"),
        ("https://u:p@github.com:8443/a/b?x=y#z", "https://github.com:8443/a/b"),
        ("ssh://git@github.com/a/b.git", "ssh://github.com/a/b.git"),
        ("git@github.com:a/b.git", "github.com:a/b.git"),
        ("/srv/git/b.git", "/srv/git/b.git"),
    ],
)
def test_credentials_of_a_remote_are_left_out(remote: str, told: str) -> None:
    assert without_credentials(remote) == told


@dataclass
class GitHub:
    """An issuer of OIDC tokens and an API, over HTTP."""

    url: str = ""
    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    signing_key: RSAPrivateKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER,
            "GITHUB_API_URL": f"{self.url}/api",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "77",
        }

    def token(self, audience: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": "repo:acme/shop:ref:refs/heads/main",
            "iat": now,
            "exp": now + 300,
            "actor": "dana",
            "run_id": 77,
            "runner_secret": "c4nary",
            **self.claims,
        }
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, self.signing_key or self.key, algorithm="RS256", headers={"kid": "one"})

    def answer(self, path: str, authorization: str) -> tuple[Any, dict[str, str]] | None:
        self.asked.append(path)
        if path.startswith("/token"):
            audience = path.rpartition("audience=")[2]
            return ({"value": self.token(audience)}, {}) if authorization == f"Bearer {BEARER}" else None
        if path == "/.well-known/openid-configuration":
            return {"jwks_uri": f"{self.url}/keys"}, {}
        if path == "/keys":
            key = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [{**key, "kid": "one", "use": "sig", "alg": "RS256"}]}, {}
        if path in self.pages and authorization == f"Bearer {TOKEN}":
            page: tuple[Any, dict[str, str]] = self.pages[path]
            return page
        return None


@pytest.fixture
def github() -> Iterator[GitHub]:
    hub = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = hub.answer(self.path, self.headers.get("Authorization", ""))
            content = json.dumps(answer[0] if answer else {}).encode()
            self.send_response(200 if answer else 403)
            for name, value in (answer[1] if answer else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield hub
        server.shutdown()


def test_the_claims_of_a_sound_token_are_attested(github: GitHub) -> None:
    claims = attested_claims(github.environment, github.url)
    assert claims == {
        "iss": github.url,
        "sub": "repo:acme/shop:ref:refs/heads/main",
        "actor": "dana",
        "run_id": "77",
    }
    assert f"audience={AUDIENCE}" in github.asked[0]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "sts.amazonaws.com"},
        {"iss": "https://issuer.example"},
        {"exp": 1000000000},
        {"sub": None},
        {"exp": None},
    ],
)
def test_a_token_for_something_else_attests_nothing(github: GitHub, claims: dict[str, Any]) -> None:
    github.claims = claims
    with pytest.raises(IdentityError, match="not sound"):
        attested_claims(github.environment, github.url)


def test_a_token_that_somebody_else_signed_attests_nothing(github: GitHub) -> None:
    github.signing_key = generate_private_key(65537, 2048)
    with pytest.raises(IdentityError, match="not sound"):
        attested_claims(github.environment, github.url)


def test_what_is_lacking_is_told_and_does_not_stop_a_run(github: GitHub, tmp_path: Path) -> None:
    environment = {**github.environment, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"}
    found = provenance_of(tmp_path, environment)
    assert found.actors.attested == {}
    assert found.lacking == ("no attested actor: 127.0.0.1 gave no answer that can be read (HTTP 403)",)
    assert found.page == "https://github.com/acme/shop/actions/runs/77"
    with pytest.raises(IdentityError, match="id-token: write"):
        attested_claims({}, github.url)


def test_tokens_and_keys_go_over_https_only(github: GitHub) -> None:
    environment = {**github.environment, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://example.com/token"}
    with pytest.raises(IdentityError, match=r"example\.com is not reached over https"):
        attested_claims(environment, github.url)


def test_the_issuer_is_that_of_the_server() -> None:
    assert issuer_of({}) == "https://token.actions.githubusercontent.com"
    assert issuer_of({"GITHUB_SERVER_URL": "https://git.acme.example/"}) == "https://git.acme.example/_services/token"


def event(tmp_path: Path, content: object) -> dict[str, str]:
    (tmp_path / "event.json").write_text(json.dumps(content))
    return {"GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_EVENT_NAME": "pull_request"}


PULL = {"number": 5, "html_url": "https://github.com/acme/shop/pull/5", "head": {"sha": SHA}, "base": {"ref": "main"}}
REVIEWS = "/api/repos/acme/shop/pulls/5/reviews?per_page=100"


def review(by: str, state: str) -> dict[str, Any]:
    submitted = "2026-11-02T10:30:00+01:00"
    return {"user": {"login": by}, "state": state, "commit_id": SHA, "submitted_at": submitted}


def test_a_pull_request_is_told_with_all_of_its_reviews(github: GitHub, tmp_path: Path) -> None:
    following = f"{github.url}/api/repos/acme/shop/pulls/5/reviews?page=2"
    github.pages[REVIEWS] = [review("rui", "APPROVED")], {"Link": f'<{following}>; rel="next", <x>; rel="last"'}
    github.pages["/api/repos/acme/shop/pulls/5/reviews?page=2"] = [review("sam", "CHANGES_REQUESTED")], {}
    found = pull_request_of(github.environment | event(tmp_path, {"pull_request": PULL}))
    assert found is not None
    assert (found.number, found.head, found.base) == (5, SHA, "main")
    assert found.approvals is not None
    assert [(each.by, each.state) for each in found.approvals] == [("rui", "approved"), ("sam", "changes_requested")]
    assert found.approvals[0].at is not None
    assert found.approvals[0].at.isoformat() == "2026-11-02T09:30:00+00:00"


def test_reviews_that_the_token_may_not_read_are_none_and_not_no_reviews(github: GitHub, tmp_path: Path) -> None:
    found = pull_request_of(github.environment | event(tmp_path, {"pull_request": PULL}))
    assert found is not None
    assert found.approvals is None


def test_the_token_follows_no_link_elsewhere(github: GitHub, tmp_path: Path) -> None:
    github.pages[REVIEWS] = [review("rui", "APPROVED")], {"Link": f'<{github.url}/elsewhere>; rel="next"'}
    found = pull_request_of(github.environment | event(tmp_path, {"pull_request": PULL}))
    assert found is not None
    assert found.approvals is None
    assert "/elsewhere" not in github.asked


def test_a_push_belongs_to_the_pull_request_that_was_merged(github: GitHub, tmp_path: Path) -> None:
    environment = github.environment | event(tmp_path, {"ref": "refs/heads/main"})
    environment |= {"GITHUB_EVENT_NAME": "push", "GITHUB_SHA": SHA}
    merged = {**PULL, "merged_at": "2026-11-02T10:00:00Z"}
    github.pages[f"/api/repos/acme/shop/commits/{SHA}/pulls?per_page=100"] = [{**PULL, "merged_at": None}, merged], {}
    github.pages[REVIEWS] = [], {}
    found = pull_request_of(environment)
    assert found is not None
    assert (found.number, found.approvals) == (5, ())


def test_no_pull_request_is_none_and_a_malformed_one_an_error(github: GitHub, tmp_path: Path) -> None:
    assert pull_request_of(github.environment | event(tmp_path, {"ref": "refs/heads/main"})) is None
    with pytest.raises(PullRequestError, match="another form"):
        pull_request_of(github.environment | event(tmp_path, {"pull_request": {"number": "five"}}))
