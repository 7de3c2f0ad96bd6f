"""Records of one stack, each with the digest of the one before it."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, Self, TypeAlias, get_args

from .envelope import EnvelopeError, digest_of, opened, statement_of
from .errors import EvidenceError
from .predicates import Head, Link, Predicate
from .signing import Signer
from .stores import Store, TakenError

Kind: TypeAlias = Literal["updates", "previews"]

_ATTEMPTS: Final = 60
_PAUSE_S: Final = 0.25
"""The longest pause before another attempt; the pauses are random so that two runs do not keep step."""

_SANDBOX: Final = "sandbox"
_PART: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_RECORD: Final = re.compile(r"([0-9]{9})\.json", re.ASCII)


class ChainError(EvidenceError):
    """A chain cannot be continued or read; the message names the record."""


@dataclass(frozen=True, order=True)
class ChainName:
    """Which chain: one of a stack's.

    Attributes:
        project: of Pulumi.
        stack: its short name.
        kind: `updates`, or `previews` for those that change nothing.
        sandbox: whether the runs were made against the sandbox, which is no evidence.
    """

    project: str
    stack: str
    kind: Kind
    sandbox: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no place in a store.

        Raises:
            ValueError: a name is empty, longer than 100, or holds other characters than Pulumi allows.
        """
        for what, name in (("project", self.project), ("stack", self.stack)):
            if not _PART.fullmatch(name) or name in {".", ".."}:
                raise ValueError(f"the {what} {name!r} is no name of Pulumi's: letters, digits, '_', '-' and '.'")
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.kind!r} is neither of {', '.join(get_args(Kind))}")

    @property
    def path(self) -> str:
        """The folder of the store that holds it, and what links call it."""
        return "/".join([*([_SANDBOX] if self.sandbox else []), self.project, self.stack, self.kind])

    @property
    def head(self) -> str:
        """The name of its head."""
        return f"{self.path}/head.json"

    def record(self, sequence: int) -> str:
        """The name of a record."""
        return f"{self.path}/{sequence:09}.json"

    def sequence(self, name: str) -> int | None:
        """The place of the record with this name, None if it is no name of a record of this chain."""
        folder, _, leaf = name.rpartition("/")
        matched = _RECORD.fullmatch(leaf) if folder == self.path else None
        return int(matched[1]) or None if matched else None

    @classmethod
    def parse(cls, path: str) -> Self:
        """The chain of a path.

        Raises:
            ValueError: it is no chain's.
        """
        match path.split("/"):
            case [project, stack, "updates" | "previews" as kind]:
                return cls(project, stack, kind)
            case ["sandbox", project, stack, "updates" | "previews" as kind]:
                return cls(project, stack, kind, sandbox=True)
        raise ValueError(f"{path!r} is no chain: PROJECT/STACK/updates or PROJECT/STACK/previews, with sandbox/ before")


@dataclass(frozen=True)
class Entry:
    """A record in its place.

    Attributes:
        sequence: counts from 1.
        digest: of its stored bytes.
        name: in the store.
        predicate: what it says.
        signed: whether it carries a signature; `verification` tells whose.
    """

    sequence: int
    digest: str
    name: str
    predicate: Predicate
    signed: bool


def chains_in(store: Store) -> list[ChainName]:
    """All chains of a store, in order. Names that belong to none are for `verification` to report.

    Raises:
        StoreError: the store cannot be read.
    """
    found = set()
    for folder in {name.rpartition("/")[0] for name in store.names()}:
        try:
            found.add(ChainName.parse(folder))
        except ValueError:
            continue
    return sorted(found, key=lambda chain: chain.path)


class Chain:
    """One chain in its store. Reading decodes records and believes them; `verification` does not."""

    def __init__(self, store: Store, name: ChainName, signer: Signer) -> None:
        """Take a chain, which may be empty; `signer` signs what is appended."""
        self._store = store
        self._name = name
        self._signer = signer

    @property
    def name(self) -> ChainName:
        """Which it is."""
        return self._name

    def append(self, build: Callable[[Link], Predicate]) -> Entry:
        """Store one more record.

        Args:
            build: makes what is said from its place in the chain. Where other runs append at the same time it is
                called again, with a later place.

        Raises:
            ChainError: the newest record is missing or is none, or others were faster each time.
            EnvelopeError: what is said cannot be written down.
            SigningError: it cannot be signed.
            StoreError: the store cannot be read or written.
        """
        for _ in range(_ATTEMPTS):
            last = self.last()
            link = Link(
                chain=self._name.path,
                sequence=last.sequence + 1 if last else 1,
                previous=last.digest if last else None,
            )
            predicate = build(link)
            stored = self._signer.sign(statement_of(predicate))
            name = self._name.record(link.sequence)
            try:
                self._store.create(name, stored)
            except TakenError:
                time.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - against keeping step, not against guessing
                continue
            entry = Entry(link.sequence, digest_of(stored), name, predicate, self._signer.signs)
            self._move_head(entry)
            return entry
        raise ChainError(
            f"{self._name.path}: other runs appended a record before this one, {_ATTEMPTS} times in a row. Run it again"
        )

    def last(self) -> Entry | None:
        """The newest record, None in an empty chain. Found from the head, however long the chain is.

        Raises:
            ChainError: it is missing, or it is no record of this chain.
            StoreError: the store cannot be read.
        """
        hint = self._hint()
        newest = self.record(hint) if hint else None
        if newest is None:
            newest = self._listed_last(hint)
        while newest is not None and (after := self.record(newest.sequence + 1)) is not None:
            newest = after
        return newest

    def record(self, sequence: int) -> Entry | None:
        """One record, None if there is none in its place.

        Raises:
            ChainError: it is no record of this chain.
            StoreError: the store cannot be read.
        """
        name = self._name.record(sequence)
        stored = self._store.read(name)
        return None if stored is None else self._decoded(name, sequence, stored)

    def entries(self) -> Iterator[Entry]:
        """All records in order, one in memory at a time.

        Raises:
            ChainError: one is no record of this chain.
            StoreError: the store cannot be read.
        """
        for name, stored in self._store.entries(self._name.path):
            sequence = self._name.sequence(name)
            if sequence is not None:
                yield self._decoded(name, sequence, stored)

    def _decoded(self, name: str, sequence: int, stored: bytes) -> Entry:
        try:
            envelope = opened(stored)
        except EnvelopeError as error:
            raise ChainError(f"{name}: {error}. `soc2 evidence verify` tells whether others are wrong too") from error
        said = envelope.said
        if isinstance(said, Head) or (said.link.chain, said.link.sequence) != (self._name.path, sequence):
            raise ChainError(f"{name}: it is not this record of this chain. See `soc2 evidence verify`")
        return Entry(sequence, digest_of(stored), name, said, bool(envelope.signatures))

    def _hint(self) -> int:
        """Where the head says that the newest record is; it may lag, and 0 is where nothing says so."""
        stored = self._store.read(self._name.head)
        if stored is None:
            return 0
        try:
            said = opened(stored).said
        except EnvelopeError as error:
            raise ChainError(f"{self._name.head}: {error}. See `soc2 evidence verify`") from error
        return said.sequence if isinstance(said, Head) else 0

    def _listed_last(self, hint: int) -> Entry | None:
        sequences = [self._name.sequence(name) or 0 for name in self._store.names(self._name.path)]
        newest = max(sequences, default=0)
        # To go on from there would bury that something is gone.
        if newest < hint:
            raise ChainError(
                f"{self._name.record(hint)} is missing, and the head says that it was written. "
                "See `soc2 evidence verify`"
            )
        return self.record(newest) if newest else None

    def _move_head(self, entry: Entry) -> None:
        """Let the head name this record, or a later one. It lags only where a run is killed before this is done."""
        while entry.sequence > self._hint():
            head = Head(chain=self._name.path, sequence=entry.sequence, digest=entry.digest, at=datetime.now(UTC))
            self._store.replace(self._name.head, self._signer.sign(statement_of(head)))
            # Another run may have moved it further in between, and been overwritten.
            while (after := self.record(entry.sequence + 1)) is not None:
                entry = after
