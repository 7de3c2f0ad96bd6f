"""Name and version of the pack, as PulumiPolicy.yaml states them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from .registry import PackError


@dataclass(frozen=True, slots=True)
class Manifest:
    """What PulumiPolicy.yaml says of the pack.

    Attributes:
        name: the pack's name.
        version: its version.
        description: one line; empty where it states none.
        repository: web address of the repository that holds `docs/rules/`; empty where it states none.
    """

    name: str
    version: str
    description: str
    repository: str = ""

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """Reads PulumiPolicy.yaml.

        Raises:
            PackError: the file is missing, is not YAML, or lacks name or version.
        """
        file = directory / "PulumiPolicy.yaml"
        try:
            stated = yaml.safe_load(file.read_text(encoding="utf-8"))
            return cls(
                name=str(stated["name"]),
                version=str(stated["version"]),
                description=str(stated.get("description", "")),
                repository=str(stated.get("repository", "")),
            )
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise PackError(f"{file.name} must be YAML with name and version: {error}") from error
