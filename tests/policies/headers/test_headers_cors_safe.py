from __future__ import annotations

import json

import pytest

from policies.judge.values import UNKNOWN, Raw, Secret

from ..pack_process import PackProcess
from .routes import CANARY, headers, route, transform, vercel_json

RULE = "headers-cors-safe"
ORIGIN = "Access-Control-Allow-Origin"
PARTNER = "https://partner.example.com"
CREDENTIALS = transform("Access-Control-Allow-Credentials", "true")


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        (PARTNER, "pass"),
        ("http://localhost:3000", "pass"),
        ("https://[2001:db8::1]:8443", "pass"),
        ("capacitor://localhost", "pass"),
        ("*", "fail"),
        ("null", "fail"),
        ("Null", "fail"),
        ("", "fail"),
        ("$1", "fail"),
        ("https://$tenant.example.com", "fail"),
        (":origin", "fail"),
        ("https://:tenant.example.com", "fail"),
        (f"{PARTNER}, https://other.example.com", "fail"),
        (f"{PARTNER} https://other.example.com", "fail"),
        ([PARTNER, "https://other.example.com"], "fail"),
        ("https://*.example.com", "fail"),
        (f"{PARTNER}/", "fail"),
        ("partner.example.com", "fail"),
        (f"{PARTNER}\r\nX-Injected: 1", "fail"),
        (7, "fail"),
    ],
)
def test_origin(preview: PackProcess, origin: object, verdict: str) -> None:
    assert preview.judge(route(transform(ORIGIN, origin), src="/api/x")).of(RULE).verdict == verdict


REGEX_FILES = [
    "/fonts/(.*)",
    "^/_next/static/.*$",
    "/images/(.*)\\.(png|jpg)",
    "^/img/.*\\.(?:png|svg)$",
    "/robots.txt",
]
REGEX_FILES += ["/.well-known/(.*)", "^/\\.well-known/.*$", "^/embed/widget\\.min\\.js$", "^/fonts$", "/my-fonts/(.*)"]
PATH_FILES = ["/fonts/(.*)", "/fonts/:file*", "/fonts/:file(.*)", "/fonts/:family/:user.woff2", "/fonts/inter/:file"]
PATH_FILES += ["/robots.txt", "/embed/widget.min.js", "/.well-known/(.*)", "/_next/static/:file*", "/public/v1/(.*)"]
EITHER = ["/fonts/(.*)", "^/fonts/.*$", "/fonts/:file*", "/robots.txt", "/.well-known/(.*)"]


@pytest.mark.parametrize(
    ("syntax", "source"),
    [
        *(("regex", source) for source in REGEX_FILES),
        *(("path-to-regexp", source) for source in PATH_FILES),
        *((None, source) for source in EITHER),
        ("equals", "/embed/widget.min.js"),
    ],
)
def test_any_origin_may_read_public_files(preview: PackProcess, syntax: str | None, source: str) -> None:
    assert preview.judge(route(transform(ORIGIN, "*"), src=source, srcSyntax=syntax)).of(RULE).verdict == "pass"


@pytest.mark.parametrize("syntax", ["regex", "path-to-regexp", "equals", None, "glob"])
@pytest.mark.parametrize(
    "source",
    [
        "/",
        "/(.*)",
        "^/.*$",
        "/.(.*)",
        "/:path*",
        "/a(.*)",
        "/fonts/(.*)|/(.*)",
        "^/fonts/.*|^/api",
        "/(fonts|api)/(.*)",
        "/api/(.*)",
        "/public/API/(.*)",
        "/auth/session",
        "/sign-in",
        # patterns that are no literals
        "^/a/?pi/.*$",
        "^/a/*.*$",
        "^/x/{0}.*$",
        "^/[a]pi/.*$",
        "^/f/../.*$",
        "^/\uff41pi/.*$",
        "^/f\\w+/.*$",
        # names of what is not public
        "/v1/(.*)",
        "/v2beta/items",
        "/internal/(.*)",
        "/billing/(.*)",
        "/me",
        "/apiv2/(.*)",
        "/rpc2/(.*)",
        "/sign_in",
        "/restricted/(.*)",
        "/_next/(.*)",
        "/_next/data/(.*)",
    ],
)
def test_any_origin_may_read_nothing_else(preview: PackProcess, syntax: str | None, source: str) -> None:
    assert preview.judge(route(transform(ORIGIN, "*"), src=source, srcSyntax=syntax)).of(RULE).verdict == "fail"


@pytest.mark.parametrize(
    ("source", "syntax", "verdict"),
    [
        # a dot is any character of a regex, and a dot of a path
        ("/a.i/(.*)", "regex", "fail"),
        ("^/a.i/.*$", "regex", "fail"),
        ("/a.i/(.*)", None, "fail"),
        ("/a.i/(.*)", "path-to-regexp", "pass"),
        # what does not end may go on
        ("^/a", "regex", "fail"),
        ("/a", None, "fail"),
        ("/a", "equals", "pass"),
        (UNKNOWN, "regex", "unknown"),
        ("/fonts/(.*)", UNKNOWN, "unknown"),
    ],
)
def test_any_origin_by_syntax(preview: PackProcess, source: Raw, syntax: Raw, verdict: str) -> None:
    assert preview.judge(route(transform(ORIGIN, "*"), src=source, srcSyntax=syntax)).of(RULE).verdict == verdict


def test_message(preview: PackProcess) -> None:
    [message] = preview.judge(route(transform(ORIGIN, "null"))).of(RULE).messages
    assert message == (
        "route.transforms[0].args allows the origin null, which any page can take in a sandboxed frame\n"
        "mend: name the one origin that needs the responses, or leave the header out"
    )


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ([transform(ORIGIN, "*"), CREDENTIALS], "fail"),
        ([transform(ORIGIN, "*"), transform("access-control-allow-credentials", "false")], "pass"),
        ([transform(ORIGIN, "*"), {**CREDENTIALS, "args": UNKNOWN}], "unknown"),
        ([transform(ORIGIN, "*"), {**CREDENTIALS, "args": Secret('"true"')}], "fail"),
        ([transform(ORIGIN, PARTNER), {**CREDENTIALS, "args": UNKNOWN}], "pass"),
        ([transform(ORIGIN, PARTNER), CREDENTIALS], "pass"),
        ([transform(ORIGIN, PARTNER), CREDENTIALS, transform("Access-Control-Allow-Methods", "*")], "fail"),
        ([transform(ORIGIN, PARTNER), CREDENTIALS, transform("Access-Control-Allow-Headers", "*")], "fail"),
        ([transform(ORIGIN, PARTNER), transform("Access-Control-Allow-Headers", "*")], "pass"),
        ([transform(ORIGIN, PARTNER), {**transform("Access-Control-Allow-Headers", "*"), "args": UNKNOWN}], "pass"),
        (
            [
                transform(ORIGIN, PARTNER),
                CREDENTIALS,
                {**transform("Access-Control-Allow-Headers", ""), "args": UNKNOWN},
            ],
            "unknown",
        ),
        ([{**transform(ORIGIN, PARTNER), "args": UNKNOWN}], "unknown"),
        ([{**transform(ORIGIN, PARTNER), "target": UNKNOWN}], "unknown"),
        ([UNKNOWN, transform(ORIGIN, "null")], "fail"),
        ([transform(ORIGIN, "*", op="delete"), CREDENTIALS], "not applicable"),
        ([transform("Vary", "Origin", op="append")], "not applicable"),
    ],
)
def test_headers_of_a_route_together(preview: PackProcess, given: list[Raw], verdict: str) -> None:
    assert preview.judge(route(*given, src="/fonts/(.*)")).of(RULE).verdict == verdict


def test_unknown_at_update_is_a_violation(update: PackProcess) -> None:
    unknown = route(transform(ORIGIN, "*"), {**CREDENTIALS, "args": UNKNOWN}, src="/fonts/(.*)")
    assert update.judge(unknown).of(RULE).verdict == "fail"


def test_vercel_json(preview: PackProcess) -> None:
    def judged(*entries: dict[str, object]) -> str:
        return preview.judge(vercel_json({"headers": list(entries)})).of(RULE).verdict

    assert judged(headers("/api/(.*)", Access_Control_Allow_Origin="*")) == "fail"
    assert judged(headers("/api/(.*)", Access_Control_Allow_Origin=PARTNER)) == "pass"
    assert judged(headers("/(.*)", X_Frame_Options="DENY")) == "not applicable"
    assert judged(headers("/", X_A="1"), headers("/fonts/(.*)", Access_Control_Allow_Origin="null")) == "fail"


def test_secret_values_are_judged_and_never_shown(preview: PackProcess) -> None:
    args = Secret(json.dumps(f"https://{CANARY}.example.com/{CANARY}"))
    answer = preview.judge(route({**transform(ORIGIN, ""), "args": args})).of(RULE)
    assert answer.verdict == "fail"
    assert CANARY not in answer.text
    assert preview.judge(route({**transform(ORIGIN, ""), "args": Secret(UNKNOWN)})).of(RULE).verdict == "unknown"
