"""Only named origins may read responses across origins."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, NotApplicable, ResourceRule, Severity, Violation, each
from ..judge.values import Raw
from ..subjects.response_headers import TYPES, Header, Route, each_header, not_judged, routes
from ..subjects.tokens import PROJECT_ROUTE

_ORIGIN: Final = "access-control-allow-origin"
_CREDENTIALS: Final = "access-control-allow-credentials"
_MAY_BE_ANY: Final = {
    _ORIGIN: "any origin",
    "access-control-allow-methods": "`*` in Access-Control-Allow-Methods",
    "access-control-allow-headers": "`*` in Access-Control-Allow-Headers",
}

_ONE_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::\d{1,5})?", re.IGNORECASE)
_FROM_REQUEST: Final = re.compile(r"\$|:[a-z_]", re.IGNORECASE)

_EXTENSION: Final = r"\\?\.(?:\w+|\((?:\?:)?\w+(?:\|\w+)*\))"
_LITERAL_REGEX: Final = r"(?:/(?:(?:[\w~-]|\\\.)+|\.well-known))"
_LITERAL_PATH: Final = r"(?:/(?:(?:[\w~-]|\\\.)(?:[\w.~-]|\\\.)*|\.well-known))"
_WILD_REGEX: Final = rf"(?:/(?:\.\*|\(\.\*\))(?:{_EXTENSION})?)"
_WILD_PATH: Final = rf"(?:/(?:\(\.\*\)|:\w+(?:\(\.\*\))?[*+?]?)(?:{_EXTENSION})?)"
# A dot that nobody escaped stands for any character, which before one of these leads to nothing else that matters.
_FILE: Final = r"(?:/[\w~-]+\.(?:css|gif|ico|jpe?g|js|json|mjs|png|svg|txt|webmanifest|webp|woff2?|xml))"
_REGEX: Final = rf"\^?(?:{_LITERAL_REGEX}+(?:{_WILD_REGEX}\$?|\$)|{_LITERAL_REGEX}*{_FILE}\$?)"
_BELOW_A_FOLDER: Final = {
    syntax: re.compile(pattern, re.ASCII)
    for syntax, pattern in {
        "equals": rf"{_LITERAL_PATH}+",
        "path-to-regexp": rf"{_LITERAL_PATH}(?:{_LITERAL_PATH}|{_WILD_PATH})*",
        "regex": _REGEX,
        "inferred": rf"{_REGEX}|{_LITERAL_REGEX}+{_WILD_PATH}+",  # within the folder in either way of reading it
    }.items()
}
"""Sources that match nothing but what lies in a folder, or a file, that they name literally; by syntax."""

_GUARDED: Final = re.compile(
    r"(?<![a-z:])(?:api|rest|rpc|trpc|grpc|graphql|graphiql|odata|gateway|backend|auth|oauth|oidc|saml|sso|mfa"
    r"|(?:log|sign)[-_]?(?:in|out|up|on|off)|register|password|identity|session|token|account|profile|user|member"
    r"|customer|admin|dashboard|console|setting|preference|internal|private|restricted|webhook|checkout|payment|payout"
    r"|billing|invoice|subscription|wallet|cart|basket|order|booking|appointment|patient|prescription|portal"
    r")s?(?:v?\d+)?(?![a-z])|/(?:me|my)(?![\w-])|/_next(?!/static/)|^\^?/v\d",
    re.IGNORECASE,
)
"""Names of what answers each user differently. No list of such names is complete."""

_MEND_ORIGIN: Final = "name the one origin that needs the responses, or leave the header out"


def _check(declaring: Resource) -> Findings:
    reason = not_judged(declaring)
    if reason is not None:
        yield NotApplicable(reason)
        return
    yield from each_header(declaring, _ORIGIN, _check_origin)
    for route in routes(declaring):
        yield from each(route.headers(_ORIGIN).stated, partial(_check_paths, route))
        for name, what in _MAY_BE_ANY.items():
            yield from each(route.headers(name).stated, partial(_check_credentials, route, what))


def _check_origin(header: Header) -> Findings:
    values = [value.strip(" \t") for value in header.values()]
    at = header.argument.path
    if len(values) != 1 or not values[0] or re.search(r"[,\s]", values[0]):
        yield Violation(at, "does not name exactly one origin, which browsers refuse", mend=_MEND_ORIGIN)
    elif values[0].lower() == "null":
        yield Violation(at, "allows the origin null, which any page can take in a sandboxed frame", mend=_MEND_ORIGIN)
    elif values[0] == "*" or _ONE_ORIGIN.fullmatch(values[0]):
        return
    elif _FROM_REQUEST.search(values[0].partition("://")[2] or values[0]):
        yield Violation(at, "takes the origin from the request, so every site is allowed", mend=_MEND_ORIGIN)
    elif "*" in values[0]:
        yield Violation(at, "has a wildcard within an origin, which browsers do not read", mend=_MEND_ORIGIN)
    else:
        yield Violation(
            at, "is no origin: scheme, host and port, nothing else", mend="write it like https://app.example.com"
        )


def _check_paths(route: Route, header: Header) -> Findings:
    if header.operation == "delete" or header.argument.unknown or not _is_any(header):
        return  # what is unknown is reported with the origin itself
    source = route.source.text()
    below_a_folder = _BELOW_A_FOLDER.get(route.syntax())
    if below_a_folder is None or not below_a_folder.fullmatch(source) or _GUARDED.search(source):
        yield Violation(
            header.argument.path,
            "allows any origin on paths that are not shown to be public files only",
            mend=(
                "name one origin, or limit the route to a folder of public files such as /fonts/(.*), with the dots "
                "of a regex escaped"
            ),
        )


def _check_credentials(route: Route, what: str, header: Header) -> Findings:
    credentials = route.headers("access-control-allow-credentials")
    given = [each for each in credentials.stated if each.operation != "delete"]
    if header.operation == "delete" or not (given or credentials.unreadable):
        return
    if (
        not any(each.argument.unknown for each in given)
        and not credentials.unreadable
        and not any(map(_is_true, given))
    ):
        return
    if not _is_any(header):
        return
    for each_given in given:
        if _is_true(each_given):
            yield Violation(
                header.argument.path,
                f"allows {what} beside Access-Control-Allow-Credentials: true",
                mend="name what is allowed, or leave the credentials out",
            )
            return
    raise credentials.unreadable[0]


def _is_any(header: Header) -> bool:
    return "*" in (value.strip(" \t") for value in header.values())


def _is_true(header: Header) -> bool:
    return "true" in (value.strip(" \t").lower() for value in header.values())


def _answering(origin: str) -> Resource:
    headers: dict[str, Raw] = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
    transforms: list[Raw] = [
        {"type": "response.headers", "op": "set", "target": f'{{"key": "{name}"}}', "args": f'"{value}"'}
        for name, value in headers.items()
    ]
    return resource(
        PROJECT_ROUTE,
        "cors",
        {
            "projectId": "prj_shop",
            "srcSyntax": "path-to-regexp",
            "route": {"src": "/api/:path*", "transforms": transforms},
        },
    )


RULE = ResourceRule(
    id="headers-cors-safe",
    title="Only named origins may read responses across origins",
    criterion="CC6.8",
    also=("CC6.6",),
    frameworks=("ISO 27001 A.8.26", "NIST AC-4", "NIST SC-7", "PCI 6.2.4"),
    severity=Severity.HIGH,
    rationale=(
        "Browsers keep other sites from reading your responses, and these headers lift that. Where any origin, the "
        "origin null or the origin of the request itself is allowed, every site a user visits can read their data."
    ),
    remediation="Name one https origin in Access-Control-Allow-Origin, and the methods and headers it needs.",
    source="WHATWG Fetch, CORS protocol",
    types=TYPES,
    check=_check,
    failing=Example("an API that every site may read as the signed-in user", _answering("*")),
    passing=Example("an API that one partner may read", _answering("https://partner.example.com")),
)
