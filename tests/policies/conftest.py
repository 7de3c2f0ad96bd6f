"""A pack process for previews, one for updates, one for stored state, shared by all tests of rules.

Judging keeps no memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .pack_process import PackProcess


@pytest.fixture(scope="session")
def preview() -> Iterator[PackProcess]:
    pack = PackProcess(preview=True)
    yield pack
    pack.stop()


@pytest.fixture(scope="session")
def update() -> Iterator[PackProcess]:
    pack = PackProcess(preview=False)
    yield pack
    pack.stop()


@pytest.fixture(scope="session")
def stored_state() -> Iterator[PackProcess]:
    pack = PackProcess(stored=True)
    yield pack
    pack.stop()
