"""Outcomes that could not be stored: kept on this machine until a later run of the same chain stores them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from soc2_guardrails.evidence.predicates import Outcome

from .errors import RunError

if TYPE_CHECKING:
    from pathlib import Path


class UnreadableSpool(RunError):
    """A spooled outcome cannot be read; the message names the file and what to do."""


def keep(folder: Path, outcome: Outcome) -> Path:
    """Writes an outcome to a file of its own, readable by its owner only; it is on disk when this returns.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{outcome.run}.json"
    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(outcome.model_dump_json(by_alias=True))
        opened.flush()
        os.fsync(opened.fileno())
    return file


def kept(folder: Path, chain: str) -> Iterator[tuple[Path, Outcome]]:
    """The outcomes that wait for a chain, oldest first.

    Raises:
        UnreadableSpool: a file is not what `keep` writes.
    """
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            outcome = Outcome.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise UnreadableSpool(
                f"{file} is no outcome of a run that can be read. It is not stored; move it away and run the same again"
            ) from error
        if outcome.link.chain == chain:
            yield file, outcome
