"""One pack process for previews and one for updates, shared by all tests of rules: judging keeps no memory."""

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
