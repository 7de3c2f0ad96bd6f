"""The sandbox's own `soc2.yaml`: the pack is the project's, the records and the key are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from soc2_guardrails.workspace import FILE_NAME, Workspace

from .files import write_atomically
from .generated import signing_key

if TYPE_CHECKING:
    from pathlib import Path

EVIDENCE: Final = "evidence"
"""The folder of its records."""
_PRIVATE: Final = "signing-key.pem"
_PUBLIC: Final = "signing-key.pub.pem"


def write_workspace(directory: Path, project: Path) -> Path:
    """Write the file, and the key that it names.

    Args:
        directory: the sandbox's folder.
        project: the folder of the `Pulumi.yaml` whose stacks it runs.

    Returns:
        The file.

    Raises:
        SettingsError: the project has a `soc2.yaml` that is refused.
    """
    stated = Workspace.find(project)
    signing_key(directory / _PRIVATE, directory / _PUBLIC)
    pack: dict[str, Any] = {"path": str(stated.pack)}
    if stated.pack_configuration:
        pack["configuration"] = str(stated.pack_configuration)
    if digest := stated.settings.policy_pack.digest:
        pack["digest"] = digest
    content = {
        "policyPack": pack,
        "evidence": {
            "store": {"kind": "folder", "path": EVIDENCE},
            "signing": {"how": "key", "key": _PRIVATE},
            "trust": {"keys": [_PUBLIC]},
        },
    }
    file = directory / FILE_NAME
    write_atomically(file, yaml.safe_dump(content, sort_keys=False))
    return file
