"""Content Security Policies, read as browsers read them, and where they leave a page open.

Several policies, in several values or parted by commas, are all enforced: what one of them forbids is forbidden.
A weakness names a directive, keyword, scheme or host only from the lists in this file: the policy may be secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r"[^ \t\n\f\r]+")
_HASH: Final = re.compile(r"'sha(?:256|384|512)-[a-z0-9+/_-]+={0,2}'", re.IGNORECASE)
_NONCE: Final = re.compile(r"'nonce-", re.IGNORECASE)
_CAPTURE: Final = re.compile(r"\$(?:\d|\w|\{)")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:")
_HOST: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?P<host>[^/:]+)(?::[\d*]+)?(?P<path>/.*)?")

_DIRECTIVES: Final = frozenset(
    {
        "base-uri",
        "child-src",
        "connect-src",
        "default-src",
        "fenced-frame-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "prefetch-src",
        "report-to",
        "report-uri",
        "require-trusted-types-for",
        "sandbox",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "trusted-types",
        "worker-src",
    }
)

_NAMED_SCHEMES: Final = frozenset({"http:", "https:", "data:", "filesystem:", "ftp:", "ws:", "wss:"})
_SCRIPT_SCHEMES: Final = frozenset({"blob:"})
"""Schemes that name scripts only a script of the page can have made."""

_ANYBODY_PUBLISHES: Final = frozenset(
    {
        "cdn.jsdelivr.net",
        "cdn.skypack.dev",
        "cdnjs.cloudflare.com",
        "esm.run",
        "esm.sh",
        "rawcdn.githack.com",
        "s3.amazonaws.com",
        "storage.googleapis.com",
        "unpkg.com",
    }
)
_CALLS_BACK: Final = frozenset({"accounts.google.com", "ajax.googleapis.com", "code.angularjs.org", "www.google.com"})
"""Hosts that run what the address asks for: callbacks by name, or a library that evaluates the page's markup."""

_SHARED: Final = frozenset(
    {
        "amazonaws.com",
        "cloudfront.net",
        "github.io",
        "googleapis.com",
        "netlify.app",
        "pages.dev",
        "vercel.app",
        "web.app",
        "workers.dev",
    }
)
"""Domains whose subdomains belong to whoever asks for one."""


_SCRIPT_KINDS: Final = frozenset({"unsafe-inline", "unsafe-eval", "open-source"})
"""Kinds of weakness that a policy leaves open which says nothing about scripts: it has `any-script` alone."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """Where a policy leaves a page open.

    Attributes:
        kind: what it comes down to, whatever directive it is found in.
        what: one line that begins with a verb and names the directive.
        mend: what to write instead.
    """

    kind: str
    what: str
    mend: str


Policy = Mapping[str, Sequence[str]]
"""Sources (or other values) by lower-case directive name, in the order of the text."""


def parse(texts: Sequence[str]) -> list[Policy]:
    """The policies in the values of a header; those without any directive restrict nothing and are left out."""
    read = (_parse_one(policy) for text in texts for policy in text.split(","))
    return [policy for policy in read if policy]


def weaknesses(texts: Sequence[str]) -> list[Weakness]:
    """What the policies in the values of a header, taken together, leave open."""
    policies = parse(texts)
    if not policies:
        return [
            Weakness(
                "empty",
                "holds no directive, so it restricts nothing",
                "state default-src, object-src, base-uri, form-action and frame-ancestors",
            )
        ]
    found = [list(_weaknesses(policy)) for policy in policies]
    everywhere = set.intersection(*(_left_open(each) for each in found))
    open_still: dict[str, list[Weakness]] = {}
    for each in found:
        # The first policy that has a kind itself tells of it; one that only leaves it open has nothing to mend there.
        kinds = everywhere - set(open_still)
        for weakness in each:
            if weakness.kind in kinds:
                open_still.setdefault(weakness.kind, []).append(weakness)
    told = [weakness for of_kind in open_still.values() for weakness in of_kind]
    return told + [weakness for policy in policies for weakness in _mistakes(policy)]


def restricts_framing(texts: Sequence[str]) -> bool:
    """Whether the policies in the values of a header say which sites may frame a page."""
    return any("frame-ancestors" in policy and not _lets_any_site(policy["frame-ancestors"]) for policy in parse(texts))


def _left_open(found: Sequence[Weakness]) -> set[str]:
    kinds = {weakness.kind for weakness in found}
    return kinds | _SCRIPT_KINDS if "any-script" in kinds else kinds


def _parse_one(text: str) -> Policy:
    directives: dict[str, Sequence[str]] = {}
    for part in text.split(";"):
        name, *values = _TOKEN.findall(part) or [""]
        if name and part.isascii():  # browsers skip a directive with any other character in it
            directives.setdefault(name.lower(), tuple(value for value in values if value.lower() != "'none'"))
    return directives


def _weaknesses(policy: Policy) -> Iterator[Weakness]:
    yield from _script_weaknesses(policy)
    yield from _object_weaknesses(policy)
    yield from _base_weaknesses(policy)
    yield from _target_weaknesses(
        policy, "frame-ancestors", "any site may show the pages in a frame", "'none', or the origins that may frame"
    )
    yield from _target_weaknesses(
        policy, "form-action", "an injected form may send what users type anywhere", "'self', or the form's targets"
    )


def _script_weaknesses(policy: Policy) -> Iterator[Weakness]:
    if "script-src" not in policy and "default-src" not in policy:
        yield Weakness(
            "any-script",
            "has neither script-src nor default-src, so scripts may come from anywhere",
            "add default-src 'self', or script-src with the sources that are needed",
        )
    governing = "script-src" if "script-src" in policy else "default-src"
    for directive in (governing, "script-src-elem", "script-src-attr"):
        if directive in policy:
            yield from _script_source_weaknesses(directive, policy[directive])


def _script_source_weaknesses(directive: str, sources: Sequence[str]) -> Iterator[Weakness]:
    keywords = {source.lower() for source in sources}
    strict = "'strict-dynamic'" in keywords
    if "'unsafe-inline'" in keywords and not strict and not any(_is_pinned(source) for source in sources):
        yield Weakness(
            "unsafe-inline",
            f"allows 'unsafe-inline' in {directive}, so injected scripts run",
            f"replace 'unsafe-inline' in {directive} by the hashes of the page's own inline scripts",
        )
    if "'unsafe-eval'" in keywords:
        yield Weakness(
            "unsafe-eval",
            f"allows 'unsafe-eval' in {directive}, so text that reaches eval runs",
            f"remove 'unsafe-eval' from {directive}; WebAssembly needs only 'wasm-unsafe-eval'",
        )
    if strict:
        return  # browsers that know the keyword ignore hosts and schemes beside it
    for source in dict.fromkeys(source.lower() for source in sources if not source.startswith("'")):
        if where := _open_source(source):
            yield Weakness(
                "open-source",
                f"allows {where[0]} in {directive}, so {where[1]}",
                f"list the exact hosts in {directive}, or use hashes with 'strict-dynamic'",
            )


def _object_weaknesses(policy: Policy) -> Iterator[Weakness]:
    directive = "object-src" if "object-src" in policy else "default-src"
    if directive not in policy or policy[directive]:
        said = "allows more than 'none' in object-src" if directive == "object-src" else "has no object-src 'none'"
        yield Weakness("plugins", f"{said}, so injected plugin content may load", "set object-src 'none'")


def _base_weaknesses(policy: Policy) -> Iterator[Weakness]:
    mend = "set base-uri 'none' (or 'self')"
    if "base-uri" not in policy:
        yield Weakness("base", "has no base-uri, so an injected <base> sends relative scripts elsewhere", mend)
    elif not {source.lower() for source in policy["base-uri"]} <= {"'self'"}:
        yield Weakness(
            "base", "allows more than 'self' in base-uri, so an injected <base> sends relative scripts elsewhere", mend
        )


def _target_weaknesses(policy: Policy, directive: str, consequence: str, instead: str) -> Iterator[Weakness]:
    # Neither of these falls back on default-src.
    if directive not in policy:
        yield Weakness(directive, f"has no {directive}, so {consequence}", f"set {directive} to {instead}")
    elif _lets_any_site(policy[directive]):
        yield Weakness(directive, f"allows any site in {directive}, so {consequence}", f"set {directive} to {instead}")


def _mistakes(policy: Policy) -> Iterator[Weakness]:
    for directive, sources in policy.items():
        if directive.endswith(("-src", "-src-elem", "-src-attr")) and any(map(_NONCE.match, sources)):
            yield Weakness(
                "nonce",
                f"has a nonce in {_named(directive)}, which is the same in every response, so an attacker knows it",
                "use hashes here, or set the policy in middleware that makes a nonce for each response",
            )
        if any(map(_CAPTURE.search, sources)):
            yield Weakness(
                "request",
                f"takes part of {_named(directive)} from the request, so the sender of a link decides on it",
                "state every source literally",
            )


def _named(directive: str) -> str:
    return directive if directive in _DIRECTIVES else "a directive"


def _is_pinned(source: str) -> bool:
    return _HASH.fullmatch(source) is not None or _NONCE.match(source) is not None


def _lets_any_site(sources: Sequence[str]) -> bool:
    return any(_any_host(source.lower()) or _SCHEME.fullmatch(source.lower()) for source in sources)


def _any_host(source: str) -> bool:
    found = _HOST.fullmatch(source)
    host = found["host"] if found else ""
    return host == "*" or (host.startswith("*.") and "." not in host[2:])


def _open_source(source: str) -> tuple[str, str] | None:
    """What an open script source is called, and what follows from it; None for a source that is narrow enough."""
    if _SCHEME.fullmatch(source):
        if source in _SCRIPT_SCHEMES:
            return None
        if source == "data:":
            return "data:", "a script can stand in the address itself"
        return source if source in _NAMED_SCHEMES else "a whole scheme", "scripts may come from anywhere"
    if _any_host(source):
        return "a wildcard host", "scripts may come from anywhere"
    found = _HOST.fullmatch(source)
    if found is None:
        return None
    host, path = found["host"], found["path"] or "/"
    if host.startswith("*.") and host[2:] in _SHARED:
        return f"every subdomain of {host[2:]}", "whoever rents one can send scripts"
    if path.endswith("/") and (named := _covered(host, _ANYBODY_PUBLISHES)):
        return named, "scripts that anybody publishes there run"
    if path == "/" and (named := _covered(host, _CALLS_BACK)):
        return named, "scripts whose address an attacker composes run"
    return None


def _covered(host: str, listed: frozenset[str]) -> str | None:
    if host.startswith("*."):
        return next((each for each in sorted(listed) if each.endswith(host[1:])), None)
    return host if host in listed else None
