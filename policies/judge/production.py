"""Which projects serve production, by the names that the policy configuration gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .globs import ANY, pattern

EVERY: Final = (ANY,)
"""What holds without configuration."""


class Production:
    """The globs of the configuration, and which of them were of use.

    Args:
        globs: of project names.
    """

    def __init__(self, globs: Sequence[str] = EVERY) -> None:
        self._globs = [pattern(glob) for glob in globs]
        self._unused = dict.fromkeys(range(len(globs)))
        self._asked = False

    def serves(self, name: str) -> bool:
        """Whether the project of this name serves production."""
        self._asked = True
        matching = [index for index, glob in enumerate(self._globs) if glob.fullmatch(name)]
        for index in matching:
            self._unused.pop(index, None)
        return bool(matching)

    def unused(self) -> Iterator[int]:
        """The places of the globs that no project was matched by, unless no project was asked for at all."""
        yield from self._unused if self._asked else ()
