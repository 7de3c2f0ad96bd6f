"""The Pulumi CLI: finding one that is new enough, and getting one where there is none."""

from .errors import EngineError, EngineUnavailableError, UnusableDirectoryError
from .longrun import Progress
from .search import Engine, Search, Source, default_directory, find, search
from .setup import ensure

__all__ = [
    "Engine",
    "EngineError",
    "EngineUnavailableError",
    "Progress",
    "Search",
    "Source",
    "UnusableDirectoryError",
    "default_directory",
    "ensure",
    "find",
    "search",
]
