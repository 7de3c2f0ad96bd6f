"""Headers are rendered to routes that set them on every response."""

import json
from typing import Any

import pytest

from components import (
    ContentSecurityPolicyArgs,
    CorsArgs,
    CrossOriginEmbedderPolicy,
    HeaderValueError,
    HstsArgs,
    ReferrerPolicy,
    SecurityHeaders,
    SecurityHeadersArgs,
)
from tests.components.recorder import Declared, declared_by, named, of_type

ROUTE = "vercel:index/projectRoute:ProjectRoute"


def declare(**args: Any) -> list[Declared]:
    given: SecurityHeadersArgs = {"project_id": "prj_1", **args}  # type: ignore[typeddict-item]
    return of_type(declared_by(lambda: SecurityHeaders("shop", given)), ROUTE)


def headers(route: Declared, operation: str = "set") -> dict[str, str]:
    transforms = route.inputs["route"]["transforms"]
    assert {transform["type"] for transform in transforms} == {"response.headers"}
    return {
        json.loads(transform["target"])["key"]: json.loads(transform["args"])
        for transform in transforms
        if transform["op"] == operation
    }


def refusal(**args: Any) -> str:
    with pytest.raises(ValueError, match="header ") as caught:
        declare(**args)
    return str(caught.value)


def test_the_defaults() -> None:
    (route,) = declare()
    assert route.inputs["position"] == {"placement": "start"}
    assert route.inputs["srcSyntax"] == "regex"
    assert route.inputs["route"]["src"] == "^/.*$"
    assert headers(route) == {
        "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"
        " blob:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'; upgrade-insecure-requests",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(),"
        " gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def test_what_is_given_replaces_the_default_of_its_directive_only() -> None:
    policy: ContentSecurityPolicyArgs = {
        "script_src": ["'sha256-AAAA'", "'strict-dynamic'"],
        "frame_src": ["https://js.stripe.com"],
        "require_trusted_types": True,
        "report_to": "csp",
    }
    (route,) = declare(
        content_security_policy=policy,
        reporting_endpoints={"csp": "https://reports.acme.example/csp"},
        permissions={"camera": ["self"], "payment": ["self", "https://js.stripe.com"], "fullscreen": []},
        referrer_policy=ReferrerPolicy.NO_REFERRER,
        cross_origin_embedder_policy=CrossOriginEmbedderPolicy.REQUIRE_CORP,
    )
    found = headers(route)
    directives = found["Content-Security-Policy"].split("; ")
    assert "script-src 'sha256-AAAA' 'strict-dynamic'" in directives
    assert "frame-src https://js.stripe.com" in directives
    assert "object-src 'none'" in directives
    assert directives[-3:] == ["require-trusted-types-for 'script'", "upgrade-insecure-requests", "report-to csp"]
    assert found["Reporting-Endpoints"] == 'csp="https://reports.acme.example/csp"'
    permissions = found["Permissions-Policy"].split(", ")
    assert {"camera=(self)", 'payment=(self "https://js.stripe.com")', "microphone=()", "fullscreen=()"} <= set(
        permissions
    )
    assert found["Referrer-Policy"] == "no-referrer"
    assert found["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_cors_is_a_route_of_its_own_after_the_baseline() -> None:
    policy: CorsArgs = {"path": "/api/stock/:path*", "allow_origin": "https://market.acme.example"}
    routes = declare(cors=[policy], no_store_paths=["/account/:path*"])
    token = routes[0].type
    cors = named(routes, token, "shop-cors-0")
    assert cors.inputs["route"]["src"] == "/api/stock/:path*"
    assert cors.inputs["srcSyntax"] == "path-to-regexp"
    assert cors.inputs["position"] == {"placement": "after", "referenceRouteId": "shop-baseline-id"}
    assert headers(cors) == {
        "Access-Control-Allow-Origin": "https://market.acme.example",
        "Access-Control-Allow-Methods": "GET",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "600",
    }
    assert headers(cors, "append") == {"Vary": "Origin"}
    no_store = named(routes, token, "shop-no-store-0")
    assert headers(no_store) == {"Cache-Control": "private, no-store"}
    assert no_store.inputs["position"] == {"placement": "after", "referenceRouteId": "shop-cors-0-id"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a\nSet-Cookie: b", "the value has a line feed at position 2"),
        ("a\r\nb", "the value has a carriage return at position 2"),
        ("ab\0", "the value has a null character at position 3"),
        ("\x7f", "the value has the control character U+007F at position 1"),
    ],
)
def test_a_control_character_is_refused_by_name(value: str, told: str) -> None:
    expected = f"header X-Shop: {told}; a header value is one line without control characters"
    assert refusal(extra_headers={"X-Shop": value}) == expected


@pytest.mark.parametrize("name", ["", "X Shop", "X-Shop:", "X-Shop\n"])
def test_a_name_that_is_none(name: str) -> None:
    assert refusal(extra_headers={name: "x"}) == f"header {name!r}: a name has only letters, digits and '-'"


@pytest.mark.parametrize("endpoints", [{"CSP": "https://a.example"}, {"csp": "http://a.example"}, {"csp": 'https://"'}])
def test_a_reporting_endpoint_that_is_none(endpoints: dict[str, str]) -> None:
    assert refusal(reporting_endpoints=endpoints).endswith("needs a name in lower case and an https address")


def test_a_header_with_an_argument_of_its_own_is_no_extra_header() -> None:
    assert refusal(extra_headers={"referrer-policy": "unsafe-url"}) == (
        "header referrer-policy: it has an argument of its own; use that one"
    )


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"script_src": ["'nonce-abcdefgh'"]}, "script-src has a nonce"),
        ({"script_src": ["'self'; script-src *"]}, "has a space, a comma or a semicolon"),
        ({"img_src": ["'self'\nx"]}, "the value has a line feed at position 7"),
        ({"script_src": []}, "script-src has no source; write 'none' to allow nothing"),
    ],
)
def test_a_policy_that_is_none(policy: ContentSecurityPolicyArgs, told: str) -> None:
    message = refusal(content_security_policy=policy)
    assert message.startswith("header Content-Security-Policy: ")
    assert told in message


@pytest.mark.parametrize(
    ("hsts", "told"),
    [
        ({"max_age_seconds": 300}, "max-age is 300 seconds; at least 31536000 (a year) is needed"),
        ({"include_subdomains": False}, "preload needs includeSubDomains"),
    ],
)
def test_hsts_that_protects_too_little(hsts: HstsArgs, told: str) -> None:
    assert refusal(hsts=hsts) == f"header Strict-Transport-Security: {told}"


def test_hsts_without_preload() -> None:
    (route,) = declare(hsts={"include_subdomains": False, "preload": False})
    assert headers(route)["Strict-Transport-Security"] == "max-age=63072000"


@pytest.mark.parametrize(
    "origin", ["*", "null", "http://a.example", "https://a.example/", "https://*.a.example", "$1", ":origin"]
)
def test_an_origin_that_is_none(origin: str) -> None:
    message = refusal(cors=[{"path": "/api/:path*", "allow_origin": origin}])
    assert message.startswith(f"header Access-Control-Allow-Origin: {origin!r} is no https origin")


@pytest.mark.parametrize("name", ["allow_methods", "allow_headers"])
@pytest.mark.parametrize("values", [["*"], [], ["GET\n"]])
def test_cors_wildcards_are_refused(name: str, values: list[str]) -> None:
    message = refusal(cors=[{"path": "/api", "allow_origin": "https://a.example", name: values}])
    assert message.endswith(": give one or more names, without a wildcard")


def test_nothing_is_declared_when_a_later_header_is_refused() -> None:
    recorded: list[Declared] = []

    def program() -> None:
        SecurityHeaders("shop", {"project_id": "prj_1", "cors": [{"path": "/api", "allow_origin": "*"}]})

    with pytest.raises(HeaderValueError):
        recorded += declared_by(program)
    assert recorded == []
