"""One comment for each stack, brought up to date in place, over HTTP."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from soc2_guardrails.command.app import app, run
from soc2_guardrails.command.exits import Exit
from soc2_guardrails.pull_requests.comment import marker, render
from soc2_guardrails.pull_requests.github import CommentError, PullRequestComments

from .reports import finding, report

TOKEN = "ghs_c4nary"
BOT = "github-actions[bot]"


class Api:
    """GitHub's comments of issue 7 of acme/shop.

    Attributes:
        comments: all of them, in order.
        asked: method and path of every request.
        answer: a status that every request gets, 0 for the proper one.
    """

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.answer = 0
        api = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def _handle(self) -> None:
                api.asked.append(f"{self.command} {urlsplit(self.path).path}")
                assert self.headers["Authorization"] == f"Bearer {TOKEN}"
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, told = (api.answer, {"message": "no"}) if api.answer else api.handle(self, content)
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = _handle  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def handle(self, request: BaseHTTPRequestHandler, content: bytes) -> tuple[int, Any]:
        parts = urlsplit(request.path)
        if request.command == "GET" and parts.path == "/repos/acme/shop/issues/7/comments":
            query = parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[size * (page - 1) : size * page]
        if request.command == "POST" and parts.path == "/repos/acme/shop/issues/7/comments":
            return 201, self.add(json.loads(content)["body"], BOT)
        if request.command == "PATCH" and (found := re.fullmatch(r"/repos/acme/shop/issues/comments/(\d+)", parts.path)):
            own = next(each for each in self.comments if each["id"] == int(found[1]))
            own["body"] = json.loads(content)["body"]
            return 200, own
        return 404, {"message": "Not Found"}

    def add(self, body: str, author: str) -> dict[str, Any]:
        number = len(self.comments) + 1
        comment = {"id": number, "body": body, "user": {"login": author}, "html_url": f"{self.url}/c/{number}"}
        self.comments.append(comment)
        return comment

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.close()


def place(api: Api) -> PullRequestComments:
    return PullRequestComments("acme/shop", 7, TOKEN, api.url)


def test_the_comment_is_made_once_and_then_brought_up_to_date(api: Api) -> None:
    for _ in range(150):
        api.add("Looks good.", "ada")
    first = marker("shop", "production")
    assert place(api).put(first, f"{first}\none") == f"{api.url}/c/151"
    assert place(api).put(first, f"{first}\ntwo") == f"{api.url}/c/151"
    asked = len(api.asked)
    place(api).put(first, f"{first}\ntwo")
    assert [each for each in api.asked[asked:] if not each.startswith("GET")] == []
    other = marker("shop", "staging")
    place(api).put(other, f"{other}\nthree")
    assert [each["body"] for each in api.comments[150:]] == [f"{first}\ntwo", f"{other}\nthree"]


def test_a_comment_of_somebody_else_is_never_taken_for_ours(api: Api) -> None:
    mark = marker("shop", "production")
    api.add(f"{mark}\n## ✅ Allowed", "mallory")
    place(api).put(mark, f"{mark}\n## ⛔ Refused")
    assert [each["user"]["login"] for each in api.comments] == ["mallory", BOT]
    assert api.comments[0]["body"].endswith("Allowed")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_refusal_is_told_without_the_token(api: Api, status: int) -> None:
    api.answer = status
    with pytest.raises(CommentError) as refused:
        place(api).put("<!-- x -->", "text")
    assert str(status) in str(refused.value)
    assert TOKEN not in str(refused.value) + repr(place(api))
    assert ("pull-requests: write" in str(refused.value)) == (status < 500)


def test_the_token_goes_nowhere_else() -> None:
    for url in ("http://evil.example", "ftp://api.github.com", "file:///etc"):
        with pytest.raises(CommentError, match="https only"):
            PullRequestComments("acme/shop", 7, TOKEN, url).put("m", "b")
    with pytest.raises(CommentError, match="no repository"):
        PullRequestComments("acme/shop/../../user", 7, TOKEN).put("m", "b")


def test_the_command_puts_it_there(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    told = report(finding())
    file.write_text(told.model_dump_json(by_alias=True))
    arguments = ("comment", str(file), "--pull-request", "7", "--repository", "acme/shop", "--api", api.url)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert run(app, arguments) == Exit.COULD_NOT_RUN
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    assert run(app, arguments) == Exit.FINE
    assert [each["body"] for each in api.comments] == [render(told)]
    assert run(app, ["comment", str(file)]) == Exit.FINE
    written = capsys.readouterr()
    assert written.out.endswith(render(told))
    assert TOKEN not in written.out + written.err


def test_a_file_that_is_no_report_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("", "{}", '{"findings": 7}', "[" * 100_000):
        file = tmp_path / "report.json"
        file.write_text(content)
        assert run(app, ["comment", str(file)]) == Exit.COULD_NOT_RUN
        assert "no report that" in capsys.readouterr().err
