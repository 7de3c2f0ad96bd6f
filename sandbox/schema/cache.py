"""Keeps introspected schemas as JSON, because importing an SDK takes half a second per plugin start."""

from __future__ import annotations

import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .github import COMMON as GITHUB_COMMON
from .github import TRAITS as GITHUB_TRAITS
from .model import PackageSchema, package_schema
from .vercel import COMMON as VERCEL_COMMON
from .vercel import TRAITS as VERCEL_TRAITS

# Raised when `introspect` returns something else for the same SDK.
_LAYOUT = 1

_PACKAGES = {
    "vercel": ("pulumiverse-vercel", "pulumiverse_vercel", VERCEL_TRAITS, VERCEL_COMMON),
    "github": ("pulumi-github", "pulumi_github", GITHUB_TRAITS, GITHUB_COMMON),
}

PACKAGES = tuple(_PACKAGES)


def load(package: str, directory: Path) -> PackageSchema:
    """Return the schema of the installed SDK of a package.

    Args:
        package: one of `PACKAGES`.
        directory: where the introspected schema is kept; made when missing.
    """
    distribution, module, traits, common = _PACKAGES[package]
    installed = version(distribution)
    kept = directory / f"schema-{package}-{installed}-{_LAYOUT}.json"
    described = _read(kept)
    if described is None:
        from .introspection import introspect  # noqa: PLC0415 - it imports pulumi, which the cache saves

        described = introspect(module)
        _write(kept, described)
    return package_schema(package, installed, described, traits, common)


def _read(kept: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(kept.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _write(kept: Path, described: Any) -> None:  # noqa: ANN401 - JSON
    # Both plugins of several runs may write at once: each writes its own file, the rename is atomic.
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=kept.parent, prefix=kept.name)
    with os.fdopen(handle, "w") as file:
        json.dump(described, file, separators=(",", ":"))
    Path(draft).replace(kept)
