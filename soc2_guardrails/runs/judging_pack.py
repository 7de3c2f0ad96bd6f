"""The pack that is to judge a run: what its folder holds before the run, seen from outside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from soc2_guardrails.evidence.predicates import Pack
from soc2_guardrails.packs.digest import pack_digest

from .errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

_MANIFEST = "PulumiPolicy.yaml"


class PackUnusable(RunError):
    """The pack, or its configuration, cannot judge; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class JudgingPack:
    """A pack and what configures it.

    Attributes:
        folder: of the pack.
        identity: its name, version and content digest.
        configuration: the file for the engine's `--policy-pack-config`; None without one.
    """

    folder: Path
    identity: Pack
    configuration: Path | None

    @classmethod
    def of(cls, folder: Path, configuration: Path | None, pinned: str | None) -> JudgingPack:
        """Looks at a pack.

        Args:
            folder: of the pack.
            configuration: the file that configures it, None for none.
            pinned: what the digest has to be, None for any.

        Raises:
            PackUnusable: it is no pack, it is another one than was pinned, or the configuration cannot be read.
        """
        manifest = folder / _MANIFEST
        try:
            stated: Any = yaml.safe_load(manifest.read_text(encoding="utf-8"))
            digest = pack_digest(folder)
        except OSError as error:
            raise PackUnusable(
                f"{error.filename or folder}: {error.strerror}. The policy pack is a folder with a {_MANIFEST}: "
                "name it as policyPack.path in soc2.yaml, or with --policy-pack"
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise PackUnusable(f"{manifest}: it is no YAML") from error
        stated = stated if isinstance(stated, Mapping) else {}
        if missing := [key for key in ("name", "version") if not stated.get(key)]:
            raise PackUnusable(f"{manifest}: {' and '.join(missing)}: missing. The record names the pack by them")
        if pinned and digest != pinned:
            raise PackUnusable(
                f"{folder}: the pack's digest is {digest}, and policyPack.digest in soc2.yaml pins {pinned}. "
                "Restore the pack, or have the pin changed by whoever reviews the rules"
            )
        if configuration and not configuration.is_file():
            raise PackUnusable(f"{configuration}: there is no such file to configure the pack")
        return cls(folder, Pack(name=str(stated["name"]), version=str(stated["version"]), digest=digest), configuration)

    @property
    def configuration_digest(self) -> str | None:
        """The digest of the file that configures it."""
        if self.configuration is None:
            return None
        return f"sha256:{hashlib.sha256(self.configuration.read_bytes()).hexdigest()}"
