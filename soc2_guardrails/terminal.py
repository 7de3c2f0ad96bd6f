"""Text of others, made fit for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with every character that is not printable as an escape.

    It can neither move the cursor, colour or reorder what is around it, nor begin a line of its own.
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
