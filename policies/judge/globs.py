"""Globs of the configuration: `*` stands for any text, and nothing else is special, as names may hold the rest."""

from __future__ import annotations

import re
from typing import Final

ANY: Final = "*"


def expression(glob: str) -> str:
    """The regular expression of a glob, for a match of the whole text with `re.DOTALL`."""
    return ".*".join(map(re.escape, glob.split(ANY)))
