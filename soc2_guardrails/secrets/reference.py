"""References to secrets: where a secret lives, and never what it is.

A reference is a URI: `scheme://path[?version=…|?stage=…][#field]`. It is written the same in stack files, provenance
comments, rules and evidence. Characters that a URI does not allow are percent-encoded.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import quote, unquote

from .forms import FORMS, PLUGIN_FORM, Form

MOST_CHARACTERS: Final = 384
"""The length up to which a provenance comment has room for a reference."""

_CHARACTER: Final = r"(?:[A-Za-z0-9/._~+=@:!,*'()\[\]$-]|%[0-9A-Fa-f]{2})"
_UNENCODED: Final = "/._~+=@:!,*'()[]$-"
_SCHEME: Final = r"[a-z][a-z0-9+.-]*"
_QUERY: Final = r"(?:version|stage)=[A-Za-z0-9/_+=.@!-]+"

PATTERN: Final = (
    rf"^(?:env://[A-Za-z_][A-Za-z0-9_]*|(?!env://){_SCHEME}://{_CHARACTER}+(?:\?{_QUERY})?(?:#{_CHARACTER}+)?)$"
)
"""A reference as a JSON Schema can check it while it is written; `Reference.parse` is stricter."""

_REFERENCE: Final = re.compile(
    rf"(?P<scheme>{_SCHEME})://(?P<path>{_CHARACTER}+)(?:\?(?P<query>{_QUERY}))?(?:#(?P<field>{_CHARACTER}+))?"
)
_WITH_SCHEME: Final = re.compile(rf"(?P<scheme>{_SCHEME})://(?P<rest>.*)", re.DOTALL)
_FRAGMENT_FIRST: Final = re.compile(r"[^?#]*#[^?#]*\?(version|stage)=[^#]*")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")


class MalformedReferenceError(ValueError):
    """A text that is no reference. The message tells the form and nothing of the text, which may be a secret."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference, with its parts decoded. `str()` gives the one way to write it."""

    scheme: str
    path: str
    """What follows `://`, such as `<mount>/<path>` or the name of an environment variable."""
    field: str | None = None
    """Which field of the secret is meant; None for the whole of it."""
    version: str | None = None
    """The manager's version that the reference is pinned to, if it is."""
    stage: str | None = None
    """The manager's stage, such as AWSCURRENT, that the reference is pinned to, if it is."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a reference apart.

        Raises:
            MalformedReferenceError: When it is none, or not one of its scheme. Whether there is a source for the
                scheme is not checked.
        """
        scheme = _WITH_SCHEME.fullmatch(text)
        if scheme is None:
            raise MalformedReferenceError(
                "a reference to the secret and not the secret itself, such as vault://<mount>/<path>#<field> or env://NAME"
            )
        form = FORMS.get(scheme["scheme"], PLUGIN_FORM)
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise MalformedReferenceError(f"{form.text}{_fault(scheme['rest'])}")
        if len(text) > MOST_CHARACTERS:
            raise MalformedReferenceError(f"{form.text}, of at most {MOST_CHARACTERS} characters")
        key, _, pin = (match["query"] or "").partition("=")
        reference = cls(
            match["scheme"],
            unquote(match["path"]),
            unquote(match["field"]) if match["field"] is not None else None,
            version=pin if key == "version" else None,
            stage=pin if key == "stage" else None,
        )
        reference._check(form)
        return reference

    def __str__(self) -> str:
        """The reference as it is written."""
        query = f"?version={self.version}" if self.version else f"?stage={self.stage}" if self.stage else ""
        field = f"#{quote(self.field, safe=_UNENCODED)}" if self.field is not None else ""
        return f"{self.scheme}://{quote(self.path, safe=_UNENCODED)}{query}{field}"

    @property
    def whole(self) -> Self:
        """The reference to the whole secret: references that share it are answered by one read."""
        return replace(self, field=None)

    @property
    def unpinned(self) -> Self:
        """The same place, without a version or stage."""
        return replace(self, version=None, stage=None)

    def _check(self, form: Form) -> None:
        if any(_UNPRINTABLE.search(part) for part in (self.path, self.field or "")):
            raise MalformedReferenceError(f"{form.text}, without control characters")
        if not form.path.fullmatch(self.path):
            raise MalformedReferenceError(f"{form.text}; what stands after :// has another form")
        if form.field == "none" and self.field is not None:
            raise MalformedReferenceError(f"{form.text}, without a fragment")
        if form.field == "needed" and self.field is None:
            raise MalformedReferenceError(f"{form.text}; the fragment, which names the field, is missing")
        for name, given, allowed in (("version", self.version, form.version), ("stage", self.stage, form.stage)):
            if given is not None and (allowed is None or not allowed.fullmatch(given)):
                told = f"there is no ?{name}=" if allowed is None else f"?{name}= has another form"
                raise MalformedReferenceError(f"{form.text}; {told}")


def _fault(rest: str) -> str:
    if _FRAGMENT_FIRST.fullmatch(rest):
        return "; the query stands before the fragment: ?version=…#…"
    if re.search(r"\s", rest):
        return "; a space is written %20"
    return ""
