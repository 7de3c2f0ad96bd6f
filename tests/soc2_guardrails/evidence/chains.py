"""Chains for tests: runs that never were, signed by keys of a test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from soc2_guardrails.evidence.chain import Chain, ChainName, Entry
from soc2_guardrails.evidence.predicates import (
    Actors,
    Commit,
    Earlier,
    Emergency,
    Intent,
    Link,
    Operation,
    Outcome,
    Pack,
    Phase,
    Result,
    Review,
    Runner,
)
from soc2_guardrails.evidence.signing import Signer
from soc2_guardrails.evidence.signing.keyed import KeySigner, verifying
from soc2_guardrails.evidence.signing.trust import Trust
from soc2_guardrails.evidence.stores import Store, TakenError

UPDATES = ChainName("shop", "production", "updates")
PACK = Pack(name="soc2-guardrails", version="0.1.0", digest="sha256:" + "ab" * 32)
DEVELOPER = Actors(claimed="Dana Developer <dana@acme.example>")
REVIEWER = Actors(claimed="Rui Reviewer <rui@acme.example>")


@dataclass
class Memory:
    """A store that a test may change behind everybody's back."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def described(self) -> str:
        return "a test's memory"

    def create(self, name: str, content: bytes) -> None:
        if name in self.contents:
            raise TakenError(name)
        self.contents[name] = content

    def replace(self, name: str, content: bytes) -> None:
        self.contents[name] = content

    def read(self, name: str) -> bytes | None:
        return self.contents.get(name)

    def entries(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for name in self.names(folder):
            if name.rpartition("/")[0] == folder:
                yield name, self.contents[name]

    def names(self, folder: str = "") -> list[str]:
        return sorted(name for name in self.contents if not folder or name.startswith(f"{folder}/"))


@dataclass(frozen=True)
class Key:
    """A key pair of a test's own."""

    private: Ed25519PrivateKey | EllipticCurvePrivateKey
    signer: KeySigner
    trust: Trust
    private_pem: bytes
    public_pem: bytes


def ed25519() -> Key:
    return _key(Ed25519PrivateKey.generate())


def ecdsa() -> Key:
    return _key(generate_private_key(SECP256R1()))


def _key(private: Ed25519PrivateKey | EllipticCurvePrivateKey) -> Key:
    public = private.public_key()
    return Key(
        private,
        KeySigner(private),
        Trust([verifying(public)]),
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


class Recorder:
    """Appends runs to a chain, a minute apart."""

    def __init__(self, store: Store, signer: Signer, name: ChainName = UPDATES) -> None:
        self.chain = Chain(store, name, signer)
        self.name = name
        self._minutes = count()
        self._open: dict[str, Earlier] = {}
        self._unreviewed: dict[str, Earlier] = {}

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 9, 0, tzinfo=UTC) + timedelta(minutes=next(self._minutes))

    def begin(self, run: str, *, emergency: bool = False, **other: Any) -> Entry:
        entry = self.chain.append(lambda link: self.intent(link, run, emergency=emergency, **other))
        self._open[run] = Earlier(sequence=entry.sequence, run=run)
        return entry

    def end(self, run: str, intent: Entry, **other: Any) -> Entry:
        entry = self.chain.append(lambda link: self.outcome(link, run, intent.digest, **other))
        self._open.pop(run, None)
        if other.get("emergency"):
            self._unreviewed[run] = Earlier(sequence=entry.sequence, run=run)
        return entry

    def review(self, run: str, outcome: Entry, actors: Actors = REVIEWER) -> Entry:
        self._unreviewed.pop(run, None)
        return self.chain.append(
            lambda link: Review(
                link=link,
                at=self.now(),
                run=run,
                outcome=outcome.digest,
                sandbox=self.name.sandbox,
                actors=actors,
                conclusion="The change was right, and is in the pull request 12 now.",
            )
        )

    def run(self, run: str, *, emergency: bool = False) -> tuple[Entry, Entry]:
        intent = self.begin(run, emergency=emergency)
        return intent, self.end(run, intent, emergency=emergency)

    def intent(self, link: Link, run: str, *, emergency: bool = False, **other: Any) -> Intent:
        said = Intent(
            link=link,
            run=run,
            at=self.now(),
            project=self.name.project,
            stack=self.name.stack,
            operation=self._operation,
            sandbox=self.name.sandbox,
            commit=Commit(sha="9f" * 20, dirty=False, repository="https://github.com/acme/shop", ref="main"),
            actors=DEVELOPER,
            emergency=Emergency(reason="The shop is down", ticket="OPS-1") if emergency else None,
            packs=(PACK,),
            versions={"pulumi": "3.250.0"},
            unfinished=tuple(self._open.values()),
            unreviewed=tuple(self._unreviewed.values()),
            runner=Runner(host="sha256:" + "cd" * 32, lock=run, until=datetime(2026, 3, 2, tzinfo=UTC)),
        )
        return said.model_copy(update=other)

    def outcome(self, link: Link, run: str, intent: str, **other: Any) -> Outcome:
        said = Outcome(
            link=link,
            run=run,
            intent=intent,
            at=self.now(),
            project=self.name.project,
            stack=self.name.stack,
            operation=self._operation,
            sandbox=self.name.sandbox,
            result=Result.SUCCEEDED,
            phases=(Phase(operation=self._operation, evaluated=True, pack=PACK, changes={"create": 2}, exit_code=0),),
        )
        return said.model_copy(update=other)

    @property
    def _operation(self) -> Operation:
        return Operation.UPDATE if self.name.kind == "updates" else Operation.PREVIEW


def sample(signer: Signer, name: ChainName = UPDATES) -> Memory:
    """A chain of five records: a run, an emergency with its review."""
    store = Memory()
    recorder = Recorder(store, signer, name)
    recorder.run("run-1")
    _, outcome = recorder.run("run-2", emergency=True)
    recorder.review("run-2", outcome)
    return store


def digest(content: bytes) -> str:
    """Worked out here, and not by what is tested."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
