"""What a team states once for `soc2`, in `soc2.yaml` beside `Pulumi.yaml`: the pack that judges, and the evidence."""

from .loader import FILE_NAME, FILE_VARIABLE, PROJECT_VARIABLE, Workspace
from .models import (
    EvidenceSettings,
    FolderStore,
    GitStore,
    Identity,
    PolicyPackSettings,
    S3Store,
    SigningSettings,
    StoreSettings,
    TrustSettings,
    WorkspaceSettings,
)

__all__ = [
    "FILE_NAME",
    "FILE_VARIABLE",
    "PROJECT_VARIABLE",
    "EvidenceSettings",
    "FolderStore",
    "GitStore",
    "Identity",
    "PolicyPackSettings",
    "S3Store",
    "SigningSettings",
    "StoreSettings",
    "TrustSettings",
    "Workspace",
    "WorkspaceSettings",
]
