"""A policy pack from outside: its content digest, and what it tells of its rules. No code of a pack is imported."""

from .description import Control, PublishedPack, PublishedRule
from .digest import pack_digest
from .errors import ConfigurationError, ConfigurationRefusedError, PackError
from .session import PackSession, describe, require_readable

__all__ = [
    "ConfigurationError",
    "ConfigurationRefusedError",
    "Control",
    "PackError",
    "PackSession",
    "PublishedPack",
    "PublishedRule",
    "describe",
    "pack_digest",
    "require_readable",
]
