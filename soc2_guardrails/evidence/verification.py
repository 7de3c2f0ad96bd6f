"""Whether the records of a store can be believed, and which is the first that cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .chain import ChainName, Entry, chains_in
from .envelope import Envelope, EnvelopeError, digest_of, opened
from .lifecycle import Lifecycle, OutOfPlaceError
from .predicates import Head
from .report import Anchor, Bad, ChainReport, Report, Verdict
from .signing import Trust, UntrustedError
from .stores import Store


def verify(
    store: Store,
    trust: Trust,
    chains: Sequence[ChainName] = (),
    head: Anchor | None = None,
    packs: Collection[str] = (),
) -> Report:
    """Verify chains record by record, each until its first bad one.

    Args:
        store: where they are.
        trust: whose signatures count. Where it believes nobody, unsigned chains are checked for consistency.
        chains: which; all of the store if none are named.
        head: a record that the chain has to hold; for one chain.
        packs: digests of the packs that may have judged; any if none are given.

    Raises:
        ValueError: `head` is given for several chains.
        SigningError: keyless records are there, and it is not stated whose to believe.
        StoreError: the store cannot be read.
    """
    chosen = list(chains) or chains_in(store)
    if head is not None and len(chosen) != 1:
        raise ValueError(f"a head is one chain's: name the chain, of these {len(chosen)}")
    vouched = [_Vouched("--head", head.digest, head.sequence)] if head else []
    return Report(
        [_Verification(store, trust, chain, packs, [*vouched]).report() for chain in chosen],
        [] if chains else _strays(store, chosen),
        bool(chains),
    )


def _strays(store: Store, chains: Sequence[ChainName]) -> list[str]:
    """Names outside every chain; those inside one are for its verification."""
    folders = {chain.path for chain in chains}
    return [name for name in store.names() if name.rpartition("/")[0] not in folders]


class _BadError(Exception):
    def __init__(self, name: str, what: str) -> None:
        super().__init__(name, what)
        self.bad = Bad(name, what)


@dataclass
class _Vouched:
    """What vouches for a record, so that it cannot be missing."""

    by: str
    digest: str
    sequence: int | None


@dataclass
class _Verification:
    """One chain, as far as it was looked at."""

    store: Store
    trust: Trust
    chain: ChainName
    accepted_packs: Collection[str]
    vouched: list[_Vouched]

    count: int = 0
    previous: str | None = None
    proved: int = 0
    signers: Counter[str] = field(default_factory=Counter)
    unsigned: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    remarks: list[str] = field(default_factory=list)
    lifecycle: Lifecycle = field(init=False)

    def __post_init__(self) -> None:
        self.lifecycle = Lifecycle(self.chain, self.accepted_packs)

    def report(self) -> ChainReport:
        """Look at the chain, once."""
        # The head before the records: what is appended meanwhile comes after it, and is no forgery.
        head_bad = _bad_of(self._follow_head)
        bad = _bad_of(self._follow_records) or head_bad
        return ChainReport(
            chain=self.chain,
            verdict=self._verdict(bad),
            bad=bad,
            records=self.count,
            newest=Anchor(self.previous, self.count) if self.previous else None,
            proved=self.proved,
            signers=dict(self.signers),
            unsigned=self.unsigned,
            packs=dict(self.lifecycle.packs),
            not_evaluated=self.lifecycle.not_evaluated,
            open_runs=list(self.lifecycle.begun),
            open_emergencies=list(self.lifecycle.emergencies),
            remarks=[*self.remarks, *self.lifecycle.remarks],
            began=self.began,
            ended=self.ended,
        )

    def _verdict(self, bad: Bad | None) -> Verdict:
        if bad:
            return Verdict.NOT_VERIFIED
        if self.chain.sandbox:
            return Verdict.SANDBOX
        return Verdict.UNSIGNED if self.unsigned else Verdict.VERIFIED

    def _follow_head(self) -> None:
        name = self.chain.head
        stored = self.store.read(name)
        if stored is None:
            if self.vouched:
                return  # the verifier knows the newest record from elsewhere
            raise _BadError(name, "it is missing, and nothing else says which record is the newest; see --head")
        envelope = _opened(name, stored)
        if not isinstance(envelope.said, Head):
            raise _BadError(name, "it is no head of a chain")
        if envelope.said.chain != self.chain.path:
            raise _BadError(name, f"it is the head of another chain, {envelope.said.chain!r}")
        self._signer_of(name, envelope)
        self.vouched.append(_Vouched("the head", envelope.said.digest, envelope.said.sequence))

    def _follow_records(self) -> None:
        for name, stored in self.store.entries(self.chain.path):
            if name == self.chain.head:
                continue
            sequence = self.chain.sequence(name)
            if sequence is None:
                raise _BadError(name, "it is no record of this chain")
            if sequence != self.count + 1:
                raise _BadError(self.chain.record(self.count + 1), f"it is missing, and the next one is {name}")
            self._follow(name, sequence, stored)
        after = self.chain.record(self.count + 1)
        for vouched in self.vouched:
            if vouched.sequence is None:
                raise _BadError(after, f"it is missing: no record has the digest that {vouched.by} names")
            if vouched.sequence > self.count:
                raise _BadError(after, f"it is missing: {vouched.by} names record {vouched.sequence}")

    def _follow(self, name: str, sequence: int, stored: bytes) -> None:
        envelope = _opened(name, stored)
        said = envelope.said
        if isinstance(said, Head):
            raise _BadError(name, "it is a head, and no record")
        signer = self._signer_of(name, envelope)
        if said.link.chain != self.chain.path:
            raise _BadError(name, f"it is a record of another chain, {said.link.chain!r}")
        if said.link.sequence != sequence:
            raise _BadError(name, f"it is record {said.link.sequence} of this chain, in another's place")
        if said.link.previous != self.previous:
            raise _BadError(name, "the record that it names as the one before it is not the one that is there")
        digest = digest_of(stored)
        self._hold_against_what_vouches(name, sequence, digest)
        try:
            self.lifecycle.follow(Entry(sequence, digest, name, said, signer is not None))
        except OutOfPlaceError as error:
            raise _BadError(name, str(error)) from error
        if self.ended and said.at < self.ended:
            self.remarks.append(
                f"{name}: it says that it is older than the record before it: stored late, or a wrong clock"
            )
        self.count, self.previous = sequence, digest
        self.began, self.ended = self.began or said.at, said.at
        if signer is None:
            self.unsigned += 1
        else:
            self.signers[signer] += 1

    def _hold_against_what_vouches(self, name: str, sequence: int, digest: str) -> None:
        for vouched in self.vouched:
            if vouched.sequence is None and vouched.digest == digest:
                vouched.sequence = sequence
            if vouched.sequence == sequence:
                if vouched.digest != digest:
                    raise _BadError(name, f"it is not the record that {vouched.by} names")
                self.proved = max(self.proved, sequence)

    def _signer_of(self, name: str, envelope: Envelope) -> str | None:
        """Who signed; None for what nobody signed where that is let pass, and shown in the verdict."""
        if not envelope.signatures and (self.trust.believes_nobody or self.chain.sandbox):
            return None
        try:
            return self.trust.signer_of(envelope)
        except UntrustedError as error:
            raise _BadError(name, str(error)) from error


def _opened(name: str, stored: bytes) -> Envelope:
    try:
        return opened(stored)
    except EnvelopeError as error:
        raise _BadError(name, str(error)) from error


def _bad_of(follow: Callable[[], None]) -> Bad | None:
    try:
        follow()
    except _BadError as error:
        return error.bad
    return None
