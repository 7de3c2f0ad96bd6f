"""The versions of what made a record."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version


def own_versions() -> dict[str, str]:
    """Of this Python and of this package, which has none where it runs from a checkout that was not installed."""
    versions = {"python": platform.python_version()}
    with suppress(PackageNotFoundError):
        versions["soc2-guardrails"] = version("soc2-guardrails")
    return versions
