"""What a verification found, in the words that `soc2 evidence verify` uses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from .chain import ChainName

_ANCHOR: Final = re.compile(r"(?:([1-9][0-9]{0,8}):)?(sha256:)?([0-9a-f]{64})", re.ASCII)


class Verdict(StrEnum):
    """What became of a chain."""

    VERIFIED = "verified"  # whole, and signed by those who are trusted
    UNSIGNED = "unsigned"  # consistent, but anybody could have written it
    SANDBOX = "sandbox"  # consistent, but of the sandbox, which is no evidence
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True)
class Anchor:
    """A record that the verifier knows of from elsewhere: the chain has to hold it still.

    Attributes:
        digest: of its stored bytes.
        sequence: its place; None where only the digest is known.
    """

    digest: str
    sequence: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SEQUENCE:DIGEST` or `DIGEST`, a SHA-256 in hex with or without `sha256:` before it.

        Raises:
            ValueError: it is neither.
        """
        matched = _ANCHOR.fullmatch(text.strip())
        if matched is None:
            raise ValueError(f"{text!r} is neither SEQUENCE:sha256:HEX nor sha256:HEX")
        return cls(f"sha256:{matched[3]}", int(matched[1]) if matched[1] else None)

    def __str__(self) -> str:
        """As it is parsed."""
        return f"{self.sequence}:{self.digest}" if self.sequence else self.digest


@dataclass(frozen=True)
class Bad:
    """The first thing of a chain that is wrong.

    Attributes:
        name: of the record in the store.
        what: is wrong with it, as a clause.
    """

    name: str
    what: str


@dataclass(frozen=True)
class ChainReport:
    """What was found in one chain.

    Attributes:
        chain: which.
        verdict: what became of it.
        bad: the first bad record; what comes after it was not looked at.
        records: how many were looked at and are right.
        newest: the last of them; what to hand to `--head` the next time.
        proved: up to which record something outside the records says that there are no fewer: the head, or `--head`.
        signers: how many records each signed.
        unsigned: how many nobody signed.
        packs: how many runs each pack has judged, by `name@version digest`.
        not_evaluated: how many runs ended with something that was not evaluated.
        open_runs: runs with an intent and no outcome: they go on, or were killed and not closed yet.
        open_emergencies: emergencies that nobody has reviewed.
        remarks: what is no proof of a forgery, and to be explained by somebody.
        began: when the first record says it was made.
        ended: when the last says so.
    """

    chain: ChainName
    verdict: Verdict
    bad: Bad | None
    records: int
    newest: Anchor | None
    proved: int
    signers: Mapping[str, int]
    unsigned: int
    packs: Mapping[str, int]
    not_evaluated: int
    open_runs: Sequence[str]
    open_emergencies: Sequence[str]
    remarks: Sequence[str]
    began: datetime | None
    ended: datetime | None

    @property
    def unproved(self) -> str:
        """Which tail is unproved, in words; empty if there is a head that names the newest record."""
        if self.bad or self.proved >= self.records:
            return ""
        after = f"record {self.proved}" if self.proved else "its beginning"
        return f"whether records were removed from the end is unproved: nothing vouches for the tail after {after}"

    def as_json(self) -> dict[str, Any]:
        """The report for `--json`."""
        return {
            "chain": self.chain.path,
            "verdict": self.verdict.value,
            "evidence": self.verdict is Verdict.VERIFIED,
            "firstBad": {"name": self.bad.name, "what": self.bad.what} if self.bad else None,
            "records": self.records,
            "newest": str(self.newest) if self.newest else None,
            "provedUpTo": self.proved,
            "unproved": self.unproved or None,
            "signers": dict(self.signers),
            "unsigned": self.unsigned,
            "packs": dict(self.packs),
            "notEvaluated": self.not_evaluated,
            "openRuns": list(self.open_runs),
            "openEmergencies": list(self.open_emergencies),
            "remarks": list(self.remarks),
            "began": self.began.isoformat() if self.began else None,
            "ended": self.ended.isoformat() if self.ended else None,
        }


@dataclass(frozen=True)
class Report:
    """What was found in a store.

    Attributes:
        chains: one report each.
        strays: names in the store that belong to no chain.
        asked: whether single chains were asked for, and not whatever is there.
    """

    chains: Sequence[ChainReport]
    strays: Sequence[str]
    asked: bool

    @property
    def verified(self) -> bool:
        """Whether there is evidence and all of it is verified. A sandbox's is none, but does no harm beside it."""
        verdicts = {report.verdict for report in self.chains}
        if self.strays or not verdicts <= {Verdict.VERIFIED, Verdict.SANDBOX}:
            return False
        return Verdict.VERIFIED in verdicts or (self.asked and bool(verdicts))

    def as_json(self) -> dict[str, Any]:
        """The report for `--json`."""
        return {
            "verified": self.verified,
            "chains": [report.as_json() for report in self.chains],
            "strays": list(self.strays),
        }
