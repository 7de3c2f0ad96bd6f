"""The digest of the pack's own files, which names what judged better than a version does."""

from __future__ import annotations

import hashlib
from pathlib import Path


def pack_digest(directory: Path) -> str:
    """The SHA-256 of a pack, as `sha256:<hex>`.

    It covers every file below the folder but what Python compiles, by its path with `/` and its content, each with its
    length before it, in the order of the paths: the same files give the same digest wherever they were unpacked.
    """
    digest = hashlib.sha256()
    for file in sorted(directory.rglob("*"), key=lambda path: path.relative_to(directory).as_posix()):
        if file.is_file() and "__pycache__" not in file.parts:
            for part in (file.relative_to(directory).as_posix().encode(), file.read_bytes()):
                digest.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{digest.hexdigest()}"
