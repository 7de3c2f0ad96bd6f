"""The parts of a resource's URN, as people read them."""

from __future__ import annotations


def name_of(urn: str) -> str:
    """The logical name, which alone may hold `::` itself; the whole text if it is no URN."""
    return urn.split("::", 3)[-1]


def type_of(urn: str) -> str:
    """The type of the resource itself, e.g. `vercel:index/project:Project`; empty if it is no URN."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) == 4 else ""


def short_type_of(urn: str) -> str:
    """The type as the CLI shows it, e.g. `vercel:index:Project`."""
    package, _, rest = type_of(urn).partition(":")
    module, _, kind = rest.rpartition(":")
    return ":".join(part for part in (package, module.partition("/")[0], kind) if part)
