"""How a verdict reads: what is wrong, where, and how to mend it, in one glance, never with a value in it."""

from __future__ import annotations

from collections.abc import Iterable

from .rule import Rule, Undecided, Violation

_SHORTEST_SECRET = 4
"""Secrets shorter than this would tear ordinary words out of a message, and tell nobody anything."""


def description(rule: Rule) -> str:
    """The policy's description: criterion first, then the control as a fact that should hold."""
    return f"{rule.criterion}: {rule.title}"


def violation(rule: Rule, finding: Violation) -> str:
    """The criterion, the property and what is wrong with it; on the next line the mend.

    The criterion stands in the message because the CLI does not print a policy's description.
    """
    what = f"{finding.path} {finding.what}" if finding.path else finding.what
    return f"{rule.criterion}: {what}\nmend: {finding.mend or rule.remediation}"


def deferred(rule: Rule, finding: Undecided) -> str:
    """A value that only the update will know."""
    return f"{rule.criterion}: deferred, {finding.path} is not known yet; the update judges it before it goes on"


def still_unknown(rule: Rule, finding: Undecided) -> str:
    """A value that should have been known by now; nothing shows that the control holds."""
    what = f"{finding.path} is still not known, so the control cannot be shown to hold"
    return f"{rule.criterion}: {what}\nmend: {rule.remediation}"


def clean(text: str, secrets: Iterable[str]) -> str:
    """The last check before a message leaves the pack.

    Secret values are struck out, should a rule have quoted one, and control characters (a resource can be named to
    rewrite the reader's terminal) are shown as escapes.
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET and secret in text:
            text = text.replace(secret, "[secret]")
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)
