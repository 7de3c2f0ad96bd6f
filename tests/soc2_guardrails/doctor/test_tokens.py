"""Tokens: whether they are there and accepted, and what they are allowed; asked of a server of the test's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from soc2_guardrails.doctor import Finding, Level
from soc2_guardrails.doctor.clock import clock
from soc2_guardrails.doctor.tokens import github, vercel

from .api import Api, serving

TOKEN = "canary-4711"


def only(findings: Iterable[Finding]) -> Finding:
    [finding] = findings
    assert TOKEN not in f"{finding.what} {finding.mend}"
    assert bool(finding.mend) is (finding.level is not Level.OK)
    return finding


def asked_github(api: Api) -> list[Finding]:
    with serving(api):
        return list(github({"GITHUB_TOKEN": TOKEN}, api.address))


def asked_vercel(api: Api) -> Finding:
    with serving(api):
        return only(vercel({"VERCEL_API_TOKEN": TOKEN}, api.address))


class TestGitHub:
    def test_it_asks_who_the_token_is(self) -> None:
        api = Api(body={"login": "ada"}, headers={"X-OAuth-Scopes": "repo, read:org"})
        found = only(asked_github(api))
        assert api.asked == [("/user", f"Bearer {TOKEN}")]
        assert found.level is Level.OK
        assert found.what == "accepted for ada, with the scopes read:org, repo"

    def test_without_the_scope_that_is_needed(self) -> None:
        found = only(asked_github(Api(body={"login": "ada"}, headers={"X-OAuth-Scopes": "gist"})))
        assert found.level is Level.PROBLEM
        assert "needs repo" in found.what

    def test_with_more_than_is_needed(self) -> None:
        found = only(asked_github(Api(headers={"X-OAuth-Scopes": "repo, delete_repo"})))
        assert found.level is Level.WARNING
        assert "delete_repo" in found.what

    def test_a_fine_grained_one_tells_no_permissions(self) -> None:
        found = only(asked_github(Api(body={"login": "ada"})))
        assert found.level is Level.OK
        assert "fine-grained" in found.what

    def test_one_of_an_app_may_not_ask_who_it_is(self) -> None:
        found = only(asked_github(Api(status=403, headers={"X-RateLimit-Remaining": "4999"})))
        assert found.level is Level.OK
        assert "token of an app" in found.what

    @pytest.mark.parametrize("stamp", ["%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S +0000"])
    def test_one_that_ends_soon(self, stamp: str) -> None:
        ends = (datetime.now(UTC) + timedelta(days=3)).strftime(stamp)
        accepted, ending = asked_github(Api(headers={"GitHub-Authentication-Token-Expiration": ends}))
        assert accepted.level is Level.OK
        assert ending.level is Level.WARNING
        assert ending.what == f"expires on {ends[:10]}"

    @pytest.mark.parametrize(("status", "told"), [(401, "not accepted"), (500, "answers 500"), (302, "answers 302")])
    def test_one_that_is_not_accepted(self, status: int, told: str) -> None:
        found = only(asked_github(Api(status=status)))
        assert found.level is Level.PROBLEM
        assert told in found.what

    @pytest.mark.parametrize("environment", [{}, {"GITHUB_TOKEN": " "}])
    def test_none(self, environment: dict[str, str]) -> None:
        assert only(github(environment)).level is Level.WARNING

    def test_nobody_to_ask(self) -> None:
        found = only(github({"GITHUB_TOKEN": TOKEN}, "http://127.0.0.1:1"))
        assert found.level is Level.PROBLEM


class TestVercel:
    def test_it_asks_who_the_token_is(self) -> None:
        api = Api(body={"user": {"username": "ada"}})
        found = asked_vercel(api)
        assert api.asked == [("/v2/user", f"Bearer {TOKEN}")]
        assert found.level is Level.OK
        assert "accepted for ada" in found.what

    @pytest.mark.parametrize(("status", "told"), [(403, "not accepted"), (401, "not accepted"), (503, "answers 503")])
    def test_one_that_is_not_accepted(self, status: int, told: str) -> None:
        found = asked_vercel(Api(status=status))
        assert found.level is Level.PROBLEM
        assert told in found.what

    def test_none(self) -> None:
        assert only(vercel({})).level is Level.WARNING


class TestClock:
    @pytest.mark.parametrize(
        ("ahead", "level", "told"),
        [
            (0, Level.OK, "right to within"),
            (30, Level.WARNING, "s ahead of 127.0.0.1"),
            (-3600, Level.PROBLEM, "s behind 127.0.0.1"),
        ],
    )
    def test_it_is_held_against_the_servers(self, ahead: float, level: Level, told: str) -> None:
        with serving(Api(ahead=ahead)) as api:
            found = only(clock(["http://127.0.0.1:1", api.address]))
        assert found.level is level
        assert told in found.what

    def test_nobody_tells_the_time(self) -> None:
        assert only(clock(["http://127.0.0.1:1"])).level is Level.WARNING
