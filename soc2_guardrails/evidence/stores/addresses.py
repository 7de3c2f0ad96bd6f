"""Addresses as they may be shown."""

from __future__ import annotations

import re

_USER = re.compile(r"(\w+)://[^\s/]*@")
_QUERY = re.compile(r"(\w+://[^\s?]*)\?\S*")


def without_credentials(text: str) -> str:
    """The text with user, password and query of every URL in it left out: any of them may be a token."""
    return _QUERY.sub(r"\1", _USER.sub(r"\1://", text))
