"""Typed security headers and the text they are sent as.

Everything here is known when the program runs, so that a wrong value is refused before a resource is declared.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_NAMES: Final = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab", "\0": "a null character"}
_ORIGIN: Final = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")


class HeaderValueError(ValueError):
    """A header value that cannot be sent, or that would not protect what it is there to protect."""


class ReferrerPolicy(StrEnum):
    """The referrer policies that tell other sites the origin at most."""

    NO_REFERRER = "no-referrer"
    SAME_ORIGIN = "same-origin"
    STRICT_ORIGIN = "strict-origin"
    STRICT_ORIGIN_WHEN_CROSS_ORIGIN = "strict-origin-when-cross-origin"


class FrameOptions(StrEnum):
    """Who may frame a page, for browsers that do not know `frame-ancestors`."""

    DENY = "DENY"
    SAME_ORIGIN = "SAMEORIGIN"


class CrossOriginOpenerPolicy(StrEnum):
    """Which windows share a browsing context group with the page."""

    SAME_ORIGIN = "same-origin"
    SAME_ORIGIN_ALLOW_POPUPS = "same-origin-allow-popups"
    """For sign-in and payment windows that have to talk back to the page."""
    NO_OPENER_ALLOW_POPUPS = "noopener-allow-popups"


class CrossOriginEmbedderPolicy(StrEnum):
    """What a page may embed from elsewhere. Frames of other sites stop working unless they send the same."""

    REQUIRE_CORP = "require-corp"
    CREDENTIALLESS = "credentialless"


class CrossOriginResourcePolicy(StrEnum):
    """Who may load what the site serves."""

    SAME_ORIGIN = "same-origin"
    SAME_SITE = "same-site"


class ContentSecurityPolicyArgs(TypedDict):
    """The directives of a Content Security Policy; one that is not given has the default below.

    Next.js writes inline scripts into its pages. With a policy declared here they need their hashes in
    `script_src`, with `'strict-dynamic'` if they load further scripts. A nonce cannot be declared: it must be new
    for every response, which only a middleware of the application can make it.
    """

    default_src: NotRequired[list[str]]
    script_src: NotRequired[list[str]]
    style_src: NotRequired[list[str]]
    img_src: NotRequired[list[str]]
    font_src: NotRequired[list[str]]
    connect_src: NotRequired[list[str]]
    media_src: NotRequired[list[str]]
    frame_src: NotRequired[list[str]]
    worker_src: NotRequired[list[str]]
    manifest_src: NotRequired[list[str]]
    object_src: NotRequired[list[str]]
    base_uri: NotRequired[list[str]]
    form_action: NotRequired[list[str]]
    frame_ancestors: NotRequired[list[str]]
    require_trusted_types: NotRequired[bool]
    """Sends `require-trusted-types-for 'script'`. False unless given: the application has to be made for it."""
    report_to: NotRequired[str]
    """Name of an endpoint of `reporting_endpoints`."""


class HstsArgs(TypedDict):
    """Strict-Transport-Security. The defaults are what the browsers' preload list asks for."""

    max_age_seconds: NotRequired[int]
    include_subdomains: NotRequired[bool]
    preload: NotRequired[bool]


class CorsArgs(TypedDict):
    """Which one other origin may call the paths that match, and how."""

    path: str
    """A `path-to-regexp` pattern such as `/api/public/:path*`."""
    allow_origin: str
    """One https origin, such as `https://partner.example.com`."""
    allow_methods: NotRequired[list[str]]
    """`GET` unless given."""
    allow_headers: NotRequired[list[str]]
    """`Content-Type` unless given."""
    allow_credentials: NotRequired[bool]
    max_age_seconds: NotRequired[int]
    """How long a browser may keep the answer to a preflight request, 600 unless given, 86400 at most."""


_CSP_DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "default-src": ("'self'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}

# Features that a page has to be given; every one that is not is denied to the page and to its frames.
_PERMISSIONS: Final = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)


def checked_header(name: str, value: str) -> str:
    """Give the value back when it can be sent as the value of the named header.

    Raises:
        HeaderValueError: When the name is none, or the value is empty or holds a control character; a newline would
            start another header.
    """
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise HeaderValueError(f"header {name!r}: a name has only letters, digits and '-'")
    if not value.strip():
        raise HeaderValueError(f"header {name}: the value is empty; leave the header out or give it a value")
    if found := _CONTROL_CHARACTER.search(value):
        what = _CONTROL_NAMES.get(found.group(), f"the control character U+{ord(found.group()):04X}")
        raise HeaderValueError(
            f"header {name}: the value has {what} at position {found.start() + 1};"
            " a header value is one line without control characters"
        )
    return value


def content_security_policy(args: ContentSecurityPolicyArgs) -> str:
    """Render the policy: the default of each directive, replaced by what is given for it.

    Raises:
        HeaderValueError: When a source would end its directive, or is a nonce.
    """
    given = {
        key.replace("_", "-"): tuple(value)
        for key, value in args.items()
        if isinstance(value, Sequence) and not isinstance(value, str)
    }
    directives = [_csp_directive(directive, sources) for directive, sources in (dict(_CSP_DEFAULTS) | given).items()]
    if args.get("require_trusted_types", False):
        directives.append("require-trusted-types-for 'script'")
    directives.append("upgrade-insecure-requests")
    if "report_to" in args:
        directives.append(f"report-to {args['report_to']}")
    return "; ".join(directives)


def _csp_directive(directive: str, sources: Sequence[str]) -> str:
    if not sources:
        raise HeaderValueError(
            f"header Content-Security-Policy: {directive} has no source; write 'none' to allow nothing"
        )
    for source in sources:
        checked_header("Content-Security-Policy", source)
        if re.search(r"[;,\s]", source):
            raise HeaderValueError(
                f"header Content-Security-Policy: the source {source!r} of {directive} has a space, a comma or a"
                " semicolon; give each source as an item of the list"
            )
        if source.startswith("'nonce-"):
            raise HeaderValueError(
                f"header Content-Security-Policy: {directive} has a nonce; one that is declared here is the same"
                " in every response and protects nothing; use hashes, or set the header in a middleware"
            )
    return f"{directive} {' '.join(sources)}"


def hsts(args: HstsArgs) -> str:
    """Render Strict-Transport-Security.

    Raises:
        HeaderValueError: When the header would break the rules of the preload list it asks to be on.
    """
    max_age = args.get("max_age_seconds", 63_072_000)
    include_subdomains = args.get("include_subdomains", True)
    preload = args.get("preload", True)
    if max_age < 31_536_000:
        raise HeaderValueError(
            f"header Strict-Transport-Security: max-age is {max_age} seconds; at least 31536000 (a year) is needed"
        )
    if preload and not include_subdomains:
        raise HeaderValueError("header Strict-Transport-Security: preload needs includeSubDomains")
    parts = [f"max-age={max_age}"]
    if include_subdomains:
        parts.append("includeSubDomains")
    if preload:
        parts.append("preload")
    return "; ".join(parts)


def permissions_policy(grants: Mapping[str, Sequence[str]]) -> str:
    """Render Permissions-Policy from the origins, or `self`, that each feature is granted to.

    Raises:
        HeaderValueError: When a feature name or an origin is none.
    """
    features: dict[str, Sequence[str]] = dict.fromkeys(_PERMISSIONS, ()) | dict(grants)
    rendered = []
    for feature, origins in features.items():
        if not re.fullmatch(r"[a-z][a-z-]*", feature):
            raise HeaderValueError(
                f"header Permissions-Policy: {feature!r} is no feature; features look like camera or display-capture"
            )
        allowed = ["self" if origin == "self" else f'"{_origin("Permissions-Policy", origin)}"' for origin in origins]
        rendered.append(f"{feature}=({' '.join(allowed)})")
    return ", ".join(rendered)


def cors(args: CorsArgs) -> dict[str, str]:
    """Render the CORS headers of a path, without Vary.

    Raises:
        HeaderValueError: When the origin is not a single https origin, or a wildcard is given.
    """
    origin = _origin("Access-Control-Allow-Origin", args["allow_origin"])
    methods = args.get("allow_methods", ["GET"])
    headers = args.get("allow_headers", ["Content-Type"])
    max_age = args.get("max_age_seconds", 600)
    for name, values in (("Access-Control-Allow-Methods", methods), ("Access-Control-Allow-Headers", headers)):
        if not values or not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value) for value in values):
            raise HeaderValueError(f"header {name}: give one or more names, without a wildcard")
    if not 0 <= max_age <= 86_400:
        raise HeaderValueError(f"header Access-Control-Max-Age: {max_age} is not between 0 and 86400 seconds")
    rendered = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(headers),
        "Access-Control-Max-Age": str(max_age),
    }
    if args.get("allow_credentials", False):
        rendered["Access-Control-Allow-Credentials"] = "true"
    return rendered


def _origin(header: str, value: str) -> str:
    checked_header(header, value)
    if not _ORIGIN.fullmatch(value):
        raise HeaderValueError(
            f"header {header}: {value!r} is no https origin; an origin looks like https://partner.example.com,"
            " without path, wildcard or pattern"
        )
    return value
