"""Pulumi ESC: the official client, over HTTP, against a server that answers as Pulumi Cloud does."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from pulumi_esc_sdk import Configuration

from soc2_guardrails.secrets import Answer, Failure, FailureKind, Fetched, Reference
from soc2_guardrails.secrets.sources import esc
from soc2_guardrails.secrets.sources.esc import EscSource

from .endpoint import Asked, Said, serving

CANARY = "canary-c40d95"
TOKEN = "pul-made-up"
REVISIONS = {1: "2026-09-01T08:00:00Z", 2: "2026-10-01T12:30:15.5Z"}
CREATED = datetime(2026, 10, 1, 12, 30, 15, 500_000, tzinfo=UTC)
HERE = {
    "environment": "production",
    "begin": {"line": 1, "column": 1, "byte": 0},
    "end": {"line": 1, "column": 1, "byte": 0},
}


def value(content: object, **more: object) -> dict[str, object]:
    return {"value": content, "trace": {"def": HERE}, **more}


def literal(content: object) -> dict[str, object]:
    return {"range": HERE, "literal": content}


def builtin(name: str) -> dict[str, object]:
    return {"range": HERE, "builtin": {"name": name, "nameRange": HERE, "argSchema": True, "arg": literal("x")}}


OPENED = {
    "exprs": {
        "stripe": builtin("fn::secret"),
        "plain": literal("text"),
        "nested": {
            "range": HERE,
            "object": {"a.b": builtin("fn::secret"), "aws": builtin("fn::open::aws-secrets")},
        },
        "keys": {"range": HERE, "list": [literal("first"), builtin("fn::secret")]},
        "count": literal(3),
        "later": builtin("fn::secret"),
    },
    "properties": {
        "stripe": value(CANARY, secret=True),
        "plain": value("text"),
        "nested": value({"a.b": value(CANARY, secret=True), "aws": value({"key": value(CANARY, secret=True)})}),
        "keys": value([value("first"), value(CANARY, secret=True)]),
        "count": value(3),
        "imported": value(CANARY, secret=True),
        "later": value(None, unknown=True),
    },
    "schema": {},
    "executionContext": {"properties": {}},
}


@dataclass
class PulumiCloud:
    """One environment, `acme/shop/production`, with revisions and one tag."""

    refusals: list[Said] = field(default_factory=list)
    sessions: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        url = urlsplit(asked.path)
        self.asked.append(f"{asked.method} {url.path.removeprefix('/api/esc/environments/acme/shop/production/')}")
        if asked.headers.get("Authorization") != f"token {TOKEN}":
            return Said(401, {"code": 401, "message": "Unauthorized: No credentials provided or are invalid."})
        if self.refusals:
            return self.refusals.pop(0)
        match url.path.removeprefix("/api/esc/environments/").split("/"):
            case ["acme", "shop", "production", "versions"]:
                query = parse_qs(url.query)
                before = int(query.get("before", ["99"])[0])
                found = [{"number": n, "created": at} for n, at in reversed(REVISIONS.items()) if n < before]
                return Said(200, found[: int(query["count"][0])])
            case ["acme", "shop", "production", "versions", "tags", "stable"]:
                return Said(200, {"name": "stable", "revision": 1})
            case ["acme", "shop", "production", "versions", revision, "open"] if asked.method == "POST":
                self.sessions["session"] = int(revision)
                return Said(200, {"id": "session"})
            case ["acme", "shop", "production", "open", "session"]:
                opened = OPENED if self.sessions["session"] == 2 else {"exprs": {}, "properties": {}}
                return Said(200, opened)
        return Said(404, {"code": 404, "message": "Not Found: environment not found"})


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PulumiCloud:
    quick = urllib3.Retry(
        total=3,
        backoff_factor=0.01,
        status_forcelist=esc._RETRIES.status_forcelist,
        allowed_methods=None,
        raise_on_status=False,
    )
    monkeypatch.setattr(esc, "_RETRIES", quick)
    return PulumiCloud()


def fetch(cloud: PulumiCloud, *texts: str, **environment: str) -> list[Answer]:
    references = [Reference.parse(text) for text in texts]
    with serving(cloud.answer) as endpoint:
        given = {"PULUMI_ACCESS_TOKEN": TOKEN, "PULUMI_ORG": "acme", "PULUMI_BACKEND_URL": endpoint.address}
        answers = EscSource(given | environment).fetch(references)
    assert set(answers) == set(references)
    return [answers[reference] for reference in references]


def failure(answer: Answer) -> Failure:
    assert isinstance(answer, Failure)
    assert CANARY not in answer.text
    assert TOKEN not in answer.text
    return answer


def test_a_value_comes_with_the_revision_and_its_date(cloud: PulumiCloud) -> None:
    assert fetch(cloud, "esc://shop/production#stripe") == [Fetched(CANARY, "2", CREATED)]
    assert cloud.asked == ["GET versions", "POST versions/2/open", "GET open/session"]


def test_an_environment_is_opened_once_however_many_values_are_wanted(cloud: PulumiCloud) -> None:
    answers = fetch(
        cloud,
        "esc://shop/production#stripe",
        "esc://shop/production#plain",
        "esc://shop/production#nested[%22a.b%22]",
        "esc://shop/production#keys[1]",
    )
    assert answers == [Fetched(text, "2", CREATED) for text in (CANARY, "text", CANARY, CANARY)]
    assert len(cloud.asked) == 3


@pytest.mark.parametrize("path", ["imported", "nested.aws.key"])
def test_what_can_change_without_a_new_revision_has_neither_version_nor_date(cloud: PulumiCloud, path: str) -> None:
    assert fetch(cloud, f"esc://shop/production#{path}") == [Fetched(CANARY, None, None)]


@pytest.mark.parametrize(("pinned", "asked"), [("2", "2"), ("stable", "1")])
def test_a_revision_and_a_tag_can_be_pinned(cloud: PulumiCloud, pinned: str, asked: str) -> None:
    fetch(cloud, f"esc://shop/production?version={pinned}#stripe")
    assert f"POST versions/{asked}/open" in cloud.asked


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(cloud: PulumiCloud, status: int) -> None:
    cloud.refusals = [Said(status, {"code": status, "message": "not now"})] * 2
    assert fetch(cloud, "esc://shop/production#stripe") == [Fetched(CANARY, "2", CREATED)]


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (Said(403, {"code": 403, "message": "no access to acme"}), FailureKind.DENIED, "no access to acme"),
        (Said(400, {"code": 400, "message": "no good"}), FailureKind.REFUSED, "no good"),
        (Said(429, {"code": 429, "message": "too many"}), FailureKind.THROTTLED, "too many"),
        (Said(503, {"code": 503, "message": "later"}), FailureKind.UNREACHABLE, "later"),
        (Said(502, f"<html>{CANARY}</html>"), FailureKind.UNREACHABLE, "Pulumi Cloud answers 502"),
        (Said(200, {"what": CANARY}), FailureKind.REFUSED, "is none of Pulumi ESC's"),
        (Said(200, f"<html>{CANARY}</html>"), FailureKind.REFUSED, "is none of Pulumi ESC's"),
    ],
)
def test_a_refusal_says_what_pulumi_cloud_said(cloud: PulumiCloud, said: Said, kind: FailureKind, text: str) -> None:
    cloud.refusals = [said] * 10
    told = failure(*fetch(cloud, "esc://shop/production#stripe"))
    assert told.kind is kind, told.text
    assert text in told.text


@pytest.mark.parametrize(
    ("reference", "kind", "text"),
    [
        ("esc://shop/nothing#stripe", FailureKind.NOT_FOUND, "environment not found"),
        ("esc://shop/production?version=7#stripe", FailureKind.NOT_FOUND, "no such revision"),
        ("esc://shop/production?version=unknown#stripe", FailureKind.NOT_FOUND, "404"),
        ("esc://shop/production#paypal", FailureKind.NO_FIELD, "'paypal'"),
        ("esc://shop/production#nested.c", FailureKind.NO_FIELD, "'c'"),
        ("esc://shop/production#keys[7]", FailureKind.NO_FIELD, "7"),
        ("esc://shop/production#stripe.deeper", FailureKind.NO_FIELD, "'deeper'"),
        ("esc://shop/production#nested..c", FailureKind.NO_FIELD, "is no path"),
        ("esc://shop/production#count", FailureKind.NOT_TEXT, "is a number"),
        ("esc://shop/production#nested", FailureKind.NOT_TEXT, "is an object"),
        ("esc://shop/production#later", FailureKind.REFUSED, "is not known"),
    ],
)
def test_what_cannot_be_used_says_why_and_spares_the_others(
    cloud: PulumiCloud, reference: str, kind: FailureKind, text: str
) -> None:
    bad, good = fetch(cloud, reference, "esc://shop/production?version=2#stripe")
    assert failure(bad).kind is kind, bad
    assert text in failure(bad).text
    assert good == Fetched(CANARY, "2", CREATED)


@pytest.mark.parametrize(
    ("environment", "kind", "text"),
    [
        ({"PULUMI_ACCESS_TOKEN": ""}, FailureKind.NOT_AUTHENTICATED, "set PULUMI_ACCESS_TOKEN"),
        ({"PULUMI_ACCESS_TOKEN": "pul-wrong"}, FailureKind.NOT_AUTHENTICATED, "No credentials provided or are invalid"),
        ({"PULUMI_ORG": ""}, FailureKind.NOT_CONFIGURED, "set PULUMI_ORG"),
        ({"PULUMI_BACKEND_URL": "http://pulumi.example"}, FailureKind.NOT_CONFIGURED, "use https://"),
        ({"PULUMI_BACKEND_URL": "http://127.0.0.1:x@pulumi.example"}, FailureKind.NOT_CONFIGURED, "use https://"),
        ({"PULUMI_BACKEND_URL": "http://127.0.0.1:1"}, FailureKind.UNREACHABLE, "no connection to Pulumi Cloud"),
    ],
)
def test_what_is_not_set_up_says_how_to(
    cloud: PulumiCloud, environment: dict[str, str], kind: FailureKind, text: str
) -> None:
    told = failure(*fetch(cloud, "esc://shop/production#stripe", **environment))
    assert told.kind is kind
    assert text in told.text


def test_an_answer_that_does_not_come_is_a_failure(cloud: PulumiCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esc, "_SECONDS", (0.3, 0.3))
    cloud.refusals = [Said(200, [], after_seconds=30)] * 10
    assert failure(*fetch(cloud, "esc://shop/production#stripe")).kind is FailureKind.TIMED_OUT


@pytest.mark.parametrize("backend", ["", "file:///var/state", "s3://acme-state?region=eu-central-1"])
def test_a_backend_that_is_not_pulumi_clouds_is_not_asked(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def configuration(**options: Any) -> Any:
        made.append(options["host"])
        return Configuration(**{**options, "host": "http://127.0.0.1:1"})

    monkeypatch.setattr(esc, "Configuration", configuration)
    monkeypatch.setattr(esc, "_RETRIES", urllib3.Retry(total=0))
    source = EscSource({"PULUMI_ACCESS_TOKEN": TOKEN, "PULUMI_ORG": "acme", "PULUMI_BACKEND_URL": backend})
    source.fetch([Reference.parse("esc://shop/production#stripe")])
    assert made == ["https://api.pulumi.com"]
