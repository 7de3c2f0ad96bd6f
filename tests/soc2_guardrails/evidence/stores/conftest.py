"""Each kind of store, new and empty, as `soc2.yaml` would ask for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2_guardrails.evidence.stores import Store
from soc2_guardrails.workspace import FolderStore
from tests.soc2_guardrails.evidence.stores.asked_for import AskedFor


@pytest.fixture(params=["folder"])
def asked_for(request: pytest.FixtureRequest, tmp_path: Path) -> AskedFor:
    """A store that a test may open any number of times, also from other processes."""
    return AskedFor(FolderStore(path=Path("evidence")), tmp_path)


@pytest.fixture
def store(asked_for: AskedFor) -> Store:
    return asked_for.opened()
