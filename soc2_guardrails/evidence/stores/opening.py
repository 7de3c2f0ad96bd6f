"""The store that `soc2.yaml` asks for."""

from __future__ import annotations

from pathlib import Path

from soc2_guardrails.workspace import FolderStore, GitStore, S3Store, StoreSettings

from .folder import Folder
from .git import Git
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
        case GitStore():
            return Git(settings, root)
        case S3Store():
            return _bucket(settings)


def _bucket(settings: S3Store) -> Store:
    try:
        # The AWS SDK is an extra, and takes a while to load.
        from .s3 import S3  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in {"boto3", "botocore"}:
            raise
        raise StoreError(
            f"Cannot use the S3 bucket {settings.bucket}: the AWS SDK is not installed. "
            "To mend it, pip install 'soc2-guardrails[aws]'"
        ) from error
    return S3(settings)
