"""Globs of the configuration: `*` stands for any text, and nothing else is special, as names may hold the rest."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import Final

ANY: Final = "*"


def pattern(glob: str) -> re.Pattern[str]:
    """What matches the texts of a glob.

    It never goes back over what it has matched, so that many stars and a long name take no time to speak of.
    """
    return re.compile(translate(re.sub(r"[?[]", r"[\g<0>]", glob)))
