"""The digest of a pack, computed from outside it: a pack that is not trusted is not asked who it is."""

from __future__ import annotations

import hashlib
from pathlib import Path


def pack_digest(folder: Path) -> str:
    """The SHA-256 of a pack's files, as `sha256:<hex>`; what the pack itself tells of its files.

    It covers every file below the folder but what Python compiles, by its path with `/` and its content, each with its
    length (8 bytes, big-endian) before it, in the order of the paths.

    Raises:
        OSError: A file cannot be read.
    """
    digest = hashlib.sha256()
    for path, file in sorted((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            for part in (path.encode(), file.read_bytes()):
                digest.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{digest.hexdigest()}"
