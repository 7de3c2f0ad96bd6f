"""The response headers that every page of a production project has, and the values that count.

The set is what a browser takes from the server alone: which content belongs to the page (Content-Security-Policy),
that the site is reached by TLS (Strict-Transport-Security), that types are not guessed (X-Content-Type-Options), what
other sites learn of the address (Referrer-Policy), which device features may be used (Permissions-Policy), who may
frame the page, and who shares its window (Cross-Origin-Opener-Policy). Cross-Origin-Embedder-Policy and
Cross-Origin-Resource-Policy are left out: they break embedded content, and most sites have to do without.

How strong a policy is, its own rule says; here a header counts if it is one that browsers act on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .content_security_policy import parse, restricts_framing

_REFERRER_POLICIES: Final = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
_DISCREET: Final = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_SEPARATED: Final = frozenset({"same-origin", "same-origin-allow-popups", "noopener-allow-popups"})

Accepts = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something the baseline asks of every response.

    Attributes:
        title: what it is called in a message.
        wants: the values that count, as they read after "is not".
        headers: lower-case names of the headers that can meet it, with what makes their values count.
    """

    title: str
    wants: str
    headers: tuple[tuple[str, Accepts], ...]

    @property
    def header(self) -> str | None:
        """The one header that can meet it, None where there are several."""
        return self.headers[0][0] if len(self.headers) == 1 else None


def _one(values: Sequence[str]) -> str:
    # Several values of one header reach the browser as one, parted by commas.
    return ", ".join(values).strip(" \t")


def _discreet(values: Sequence[str]) -> bool:
    policies = [policy.strip(" \t").lower() for policy in _one(values).split(",")]
    known = [policy for policy in policies if policy in _REFERRER_POLICIES]
    return bool(known) and known[-1] in _DISCREET  # browsers take the last one they know


def _lets_nobody_frame(values: Sequence[str]) -> bool:
    return _one(values).upper() in {"DENY", "SAMEORIGIN"}


BASELINE: Final = (
    Requirement(
        "Content-Security-Policy", "a policy", (("content-security-policy", lambda values: bool(parse(values))),)
    ),
    Requirement(
        "Strict-Transport-Security",
        "a max-age",
        (("strict-transport-security", lambda values: "max-age" in _one(values).lower()),),
    ),
    Requirement(
        "X-Content-Type-Options",
        "nosniff",
        (("x-content-type-options", lambda values: _one(values).lower() == "nosniff"),),
    ),
    Requirement(
        "Referrer-Policy",
        "no-referrer, same-origin, strict-origin or strict-origin-when-cross-origin",
        (("referrer-policy", _discreet),),
    ),
    Requirement(
        "Permissions-Policy",
        "a list of features such as camera=()",
        (("permissions-policy", lambda values: "=" in _one(values)),),
    ),
    Requirement(
        "Cross-Origin-Opener-Policy",
        "same-origin, same-origin-allow-popups or noopener-allow-popups",
        (
            (
                "cross-origin-opener-policy",
                lambda values: _one(values).partition(";")[0].strip(" \t") in _SEPARATED,
            ),
        ),
    ),
    Requirement(
        "frame-ancestors (in Content-Security-Policy) or X-Frame-Options",
        "a restriction of who may frame",
        (("content-security-policy", restricts_framing), ("x-frame-options", _lets_nobody_frame)),
    ),
)
