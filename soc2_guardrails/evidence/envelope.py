"""A record's bytes: an in-toto statement in a DSSE envelope, each as canonical JSON (RFC 8785).

Signed keyless, the envelope lies in a Sigstore bundle, and the bundle is what is canonical.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from securesystemslib import dsse

from .errors import EvidenceError
from .predicates import TYPE_OF, Head, Intent, Outcome, Review, Said

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"

LIMIT: Final = 128 * 1024 * 1024
"""Bytes of the largest record that is read: far more than any run leaves, and less than fills a verifier's memory."""

_SaidT = TypeVar("_SaidT", Intent, Outcome, Review, Head)


class EnvelopeError(EvidenceError):
    """These bytes are not a record."""


@dataclass(frozen=True)
class Signature:
    """One signature of an envelope, over its `pae`.

    Attributes:
        keyid: which key made it, as the envelope claims; empty inside a Sigstore bundle.
        signature: its bytes.
    """

    keyid: str
    signature: bytes


@dataclass(frozen=True)
class Envelope:
    """A record that was read. Nothing of it is believed yet: see `signing.Trust`.

    Attributes:
        stored: its bytes.
        payload: the statement's bytes.
        said: the statement's predicate.
        signatures: none for an unsigned record.
        bundled: whether it is a Sigstore bundle.
    """

    stored: bytes
    payload: bytes
    said: Said
    signatures: tuple[Signature, ...]
    bundled: bool

    @property
    def pae(self) -> bytes:
        """What is signed."""
        return pae(self.payload)


class _Subject(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    digest: Mapping[str, str]


class _Statement(BaseModel, Generic[_SaidT]):
    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[_Subject, ...]
    predicate_type: str = Field(alias="predicateType")
    predicate: _SaidT


_STATEMENTS: Final[Mapping[str, type[_Statement[Any]]]] = {
    TYPE_OF[Intent]: _Statement[Intent],
    TYPE_OF[Outcome]: _Statement[Outcome],
    TYPE_OF[Review]: _Statement[Review],
    TYPE_OF[Head]: _Statement[Head],
}


def digest_of(stored: bytes) -> str:
    """What a link, a head or an outcome calls a record: `sha256:` and the SHA-256 of its stored bytes."""
    return f"sha256:{hashlib.sha256(stored).hexdigest()}"


def pae(payload: bytes) -> bytes:
    """What a signature of a statement is made over, DSSE's pre-authentication encoding."""
    return dsse.Envelope(payload, PAYLOAD_TYPE, {}).pae()


def statement_of(said: Said) -> bytes:
    """The statement that says it, as canonical JSON.

    Raises:
        EnvelopeError: it cannot be said in canonical JSON, for a number or a text that has no such form.
    """
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [subject.model_dump() for subject in _subjects_of(said)],
        "predicateType": TYPE_OF[type(said)],
        "predicate": said.model_dump(mode="json", by_alias=True),
    }
    return canonical(statement)


def sealed(payload: bytes, signatures: Sequence[Signature] = ()) -> bytes:
    """The stored bytes of a statement with its signatures.

    Raises:
        EnvelopeError: nobody would read so large a record.
    """
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": each.keyid, "sig": base64.b64encode(each.signature).decode()} for each in signatures],
    }
    stored = canonical(envelope)
    if len(stored) > LIMIT:
        raise EnvelopeError(f"the record has {len(stored):,} bytes, and the limit is {LIMIT:,}")
    return stored


def canonical(value: object) -> bytes:
    """The value as canonical JSON.

    Raises:
        EnvelopeError: it has none.
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # it refuses what is not JSON itself
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"it has no canonical JSON: {error}") from error


def opened(stored: bytes) -> Envelope:
    """Read a record. Whatever is not exactly what this package writes is refused, so that no two readers differ.

    Raises:
        EnvelopeError: the bytes are not UTF-8, not JSON, not in canonical form, no envelope of a statement, or the
            statement is of a type that is not known.
    """
    if len(stored) > LIMIT:
        raise EnvelopeError(f"it has {len(stored):,} bytes, and the limit is {LIMIT:,}")
    outer = _parsed(stored, "it")
    envelope = outer.get("dsseEnvelope", outer) if isinstance(outer, dict) else outer
    bundled = envelope is not outer
    if not isinstance(envelope, dict) or envelope.keys() != {"payload", "payloadType", "signatures"}:
        raise EnvelopeError("it is no DSSE envelope")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise EnvelopeError("its payload is no in-toto statement")
    payload = _decoded(envelope["payload"], "its payload")
    signatures = _signatures(envelope["signatures"], bundled)
    return Envelope(stored, payload, _said(payload), signatures, bundled)


def _parsed(content: bytes, what: str) -> object:
    try:
        value: object = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise EnvelopeError(f"{what} is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"{what} is not JSON") from error
    # Also finds a key that is there twice, of which two readers may take different ones.
    if canonical(value) != content:
        raise EnvelopeError(f"{what} is not in canonical form (RFC 8785)")
    return value


def _decoded(text: object, what: str) -> bytes:
    if not isinstance(text, str):
        raise EnvelopeError(f"{what} is not base64")
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise EnvelopeError(f"{what} is not base64") from error
    # Several texts decode to the same bytes: the last character may hold bits that count for nothing.
    if base64.b64encode(content).decode() != text:
        raise EnvelopeError(f"{what} is not in the one form of base64")
    return content


def _signatures(raw: object, bundled: bool) -> tuple[Signature, ...]:
    # A bundle names no key: there is a certificate beside the envelope.
    names = {"sig"} if bundled else {"keyid", "sig"}
    if not isinstance(raw, list) or not all(isinstance(each, dict) and each.keys() == names for each in raw):
        raise EnvelopeError("its signatures have not the form of DSSE")
    if not all(isinstance(each.get("keyid", ""), str) for each in raw):
        raise EnvelopeError("its signatures have not the form of DSSE")
    return tuple(Signature(each.get("keyid", ""), _decoded(each["sig"], "its signature")) for each in raw)


def _said(payload: bytes) -> Said:
    raw = _parsed(payload, "its statement")
    predicate_type = raw.get("predicateType") if isinstance(raw, dict) else None
    model = _STATEMENTS.get(predicate_type) if isinstance(predicate_type, str) else None
    if model is None:
        raise EnvelopeError(f"its statement is of an unknown type, {str(predicate_type)[:200]!r}")
    try:
        statement = model.model_validate_json(payload, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EnvelopeError(f"its statement is not understood: {where}: {first['msg']}") from error
    said: Said = statement.predicate
    if statement.subject != _subjects_of(said):
        raise EnvelopeError("the subject of its statement is not what its predicate speaks of")
    return said


def _subjects_of(said: Said) -> tuple[_Subject, ...]:
    match said:
        case Intent():
            return _of_intent(said)
        case Outcome():
            packs = {pack: None for phase in said.phases if (pack := phase.pack)}
            return (
                _subject("intent", said.intent),
                *(_subject(f"{pack.name}@{pack.version}", pack.digest) for pack in packs),
            )
        case Review():
            return (_subject("outcome", said.outcome),)
        case Head():
            return (_subject(f"{said.chain}/{said.sequence:09}.json", said.digest),)


def _of_intent(intent: Intent) -> tuple[_Subject, ...]:
    commit = (
        [_Subject(name=intent.commit.repository or intent.project, digest={"gitCommit": intent.commit.sha})]
        if intent.commit
        else []
    )
    packs = [_subject(f"{pack.name}@{pack.version}", pack.digest) for pack in intent.packs]
    # A statement has to have a subject. Without a commit and a pack there is only the run itself.
    return (*commit, *packs) or (_subject("run", digest_of(intent.run.encode())),)


def _subject(name: str, digest: str) -> _Subject:
    algorithm, _, value = digest.partition(":")
    return _Subject(name=name, digest={algorithm: value})
