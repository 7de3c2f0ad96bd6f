"""How a verdict reads: what is wrong, where, and how to mend it, in one glance, never with a value in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby

from .rule import NotApplicable, Redacted, Rule, Undecided, Violation
from .values import Raw, secret_texts
from .waivers import Waived

_SHORTEST_SECRET = 4
"""Secrets shorter than this would tear ordinary words out of a message, and tell nobody anything."""

_FEW_SECRETS = 16
"""As many as a resource may hold; to try these one by one takes less than to look up every place of a message."""

_COLOR = "<{%"
"""Begins a color in the engine's markup, which drops all from here to `%}>`, and fails at a color it does not know."""


class Secrets(tuple[str, ...]):
    """Secret strings that no message may quote.

    A stack holds thousands of them and gets thousands of messages, so which of them stand in a message is looked up
    by how they begin, not tried one by one.
    """

    def within(self, text: str) -> list[str]:
        """Those that stand in a text."""
        if len(self) <= _FEW_SECRETS:
            return [secret for secret in self if secret in text]
        places = range(len(text) - _SHORTEST_SECRET + 1)
        found = {
            secret
            for at in places
            for secret in self._by_beginning.get(text[at : at + _SHORTEST_SECRET], ())
            if text.startswith(secret, at)
        }
        return sorted(found)

    @cached_property
    def _by_beginning(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for secret in self:
            index.setdefault(secret[:_SHORTEST_SECRET], []).append(secret)
        return index


def description(rule: Rule) -> str:
    """The policy's description: criterion first, then the control as a fact that should hold."""
    return f"{rule.criterion}: {rule.title}"


def page(rule: Rule, repository: str = "") -> str:
    """Where the rule is explained: an address if the pack states its repository, else the path within it."""
    return document(f"docs/rules/{rule.id}.md", repository)


def document(path: str, repository: str = "") -> str:
    """Where a document of the pack is found: an address if the pack states its repository, else the path within it."""
    return f"{repository.rstrip('/')}/blob/HEAD/{path}" if repository else path


def violation(rule: Rule, finding: Violation, secrets: Sequence[str] = (), *, repository: str = "") -> str:
    """Three lines: the criterion, the property and what is wrong with it; the mend; the rule's page.

    The criterion stands in the message because the CLI does not print a policy's description.

    Args:
        rule: the rule.
        finding: what it found.
        secrets: what must not be quoted, from `secrets_in`.
        repository: address of the repository that holds the pages.
    """
    what = f"{finding.path} {finding.what}" if finding.path else finding.what
    return "\n".join(
        (
            f"{rule.criterion}: {clean(what, secrets)}",
            f"mend: {clean(finding.mend or rule.remediation, secrets)}",
            f"see: {page(rule, repository)}",
        )
    )


def waived(rule: Rule, finding: Waived, secrets: Sequence[str] = (), *, repository: str = "") -> str:
    """Reads like `violation`, with who answers for it, until when and why."""
    by = finding.by
    what = f"waived until {by.expires} by {by.approver} ({by.ticket}): {finding.path} {finding.what}"
    told = violation(rule, Violation("", what, finding.mend), secrets, repository=repository)
    first, *others = told.split("\n")
    return "\n".join((first, f"reason: {clean(by.reason, secrets)}", *others))


def deferred(rule: Rule, finding: Undecided, secrets: Sequence[str] = ()) -> str:
    """A value that only the update will know; one line."""
    path = clean(finding.path, secrets)
    return f"{rule.criterion}: deferred, {path} is not known yet; the update judges it before it goes on"


def redacted(rule: Rule, finding: Redacted, secrets: Sequence[str] = ()) -> str:
    """A secret that stored state does not show; two lines."""
    path = clean(finding.path, secrets)
    return (
        f"{rule.criterion}: redacted, {path} is a secret that could not be decrypted, so nothing was judged by it\n"
        "mend: analyze the state with the stack's secrets provider (its passphrase or key) at hand, or run a preview"
    )


def remediated(rule: Rule, changed: Sequence[str], secrets: Sequence[str] = (), *, repository: str = "") -> str:
    """What the rule changed in place of refusing it; two lines. Paths only, never a value."""
    what = clean(", ".join(changed), secrets)
    return (
        f"{rule.criterion}: changed {what}, which the program states otherwise; change it there as well\n"
        f"see: {page(rule, repository)}"
    )


def not_remediated(rule: Rule, reason: str, secrets: Sequence[str] = (), *, repository: str = "") -> str:
    """Why the rule refuses a resource that it was asked to remediate; two lines."""
    return f"{rule.criterion}: not remediated, {clean(reason, secrets)}\nsee: {page(rule, repository)}"


def not_applicable(finding: NotApplicable, secrets: Sequence[str] = ()) -> str:
    """Why a rule does not speak of a resource; one line."""
    return clean(f"{finding.on.name}: {finding.reason}" if finding.on else finding.reason, secrets)


def secrets_in(judged: Iterable[dict[str, Raw]]) -> Secrets:
    """The secret strings of resources that no message may quote."""
    found = {text for raw in judged for text in secret_texts(raw) if len(text) >= _SHORTEST_SECRET}
    return Secrets(sorted(found))


def clean(line: str, secrets: Sequence[str]) -> str:
    """The last check before one line of a message leaves the pack.

    Secret values are struck out, should a rule have quoted one. What is no printable character, and what begins a color
    of the engine's, is shown as an escape: a resource can be named to rewrite the reader's terminal, to add a line that
    the pack never said, or to take words out of one.
    """
    line = _struck_out(line, secrets.within(line) if isinstance(secrets, Secrets) else secrets)
    line = line.replace(_COLOR, f"\\x3c{_COLOR[1:]}")
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _struck_out(line: str, secrets: Sequence[str]) -> str:
    places = {at for secret in secrets for start in _starts(line, secret) for at in range(start, start + len(secret))}
    if not places:
        return line
    # Secrets may overlap: what is left of one when another is taken out would still be a part of it.
    parts = groupby(enumerate(line), lambda place: place[0] in places)
    return "".join("[secret]" if struck else "".join(c for _, c in part) for struck, part in parts)


def _starts(line: str, secret: str) -> Iterator[int]:
    at = line.find(secret)
    while at >= 0:
        yield at
        at = line.find(secret, at + 1)
