"""A policy pack from outside: its content digest, and what it tells of its rules. No code of a pack is imported."""

from .client import RunningPack, describe, running
from .description import Control, PublishedPack, PublishedRule
from .digest import pack_digest
from .errors import ConfigurationRefusedError, PackError

__all__ = [
    "ConfigurationRefusedError",
    "Control",
    "PackError",
    "PublishedPack",
    "PublishedRule",
    "RunningPack",
    "describe",
    "pack_digest",
    "running",
]
