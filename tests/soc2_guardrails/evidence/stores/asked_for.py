"""What a process needs to open a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from soc2_guardrails.evidence.stores import Store, open_store
from soc2_guardrails.workspace import StoreSettings


@dataclass(frozen=True)
class AskedFor:
    """A store as `soc2.yaml` in `root` asks for it; it can be sent to another process."""

    settings: StoreSettings
    root: Path

    def opened(self) -> Store:
        return open_store(self.settings, self.root)
