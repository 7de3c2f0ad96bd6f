"""Secrets come from a manager: references to them, and the sources that they are read from."""

from .fetching import fetch_all
from .provenance import Provenance
from .reference import MalformedReferenceError, Reference
from .registry import schemes
from .source import Answer, Failure, FailureKind, Fetched, Source
from .version import write_only_version

__all__ = [
    "Answer",
    "Failure",
    "FailureKind",
    "Fetched",
    "MalformedReferenceError",
    "Provenance",
    "Reference",
    "Source",
    "fetch_all",
    "schemes",
    "write_only_version",
]
