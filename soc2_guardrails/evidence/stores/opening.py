"""The store that `soc2.yaml` asks for."""

from __future__ import annotations

from pathlib import Path

from soc2_guardrails.workspace import FolderStore, StoreSettings

from .folder import Folder
from .store import Store, StoreError


def open_store(settings: StoreSettings, root: Path) -> Store:
    """Make the store ready for use; nothing is read or written yet.

    Args:
        settings: what `evidence.store` of `soc2.yaml` says.
        root: the folder of that file, which relative paths and git remotes start from.

    Raises:
        StoreError: the store cannot be used from here.
    """
    match settings:
        case FolderStore():
            return Folder(root / settings.path)
    raise StoreError(f"The store {settings.kind} is not there yet")
