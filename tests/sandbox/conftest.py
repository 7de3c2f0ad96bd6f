"""Fixtures of the sandbox's tests."""

import shutil
from pathlib import Path

import pytest

from sandbox.schema.cache import PACKAGES, load


@pytest.fixture(scope="session")
def _schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("schemas")
    for package in PACKAGES:
        load(package, directory)
    return directory


@pytest.fixture
def kept_schemas(_schemas: Path, tmp_path: Path) -> None:
    """Put the introspected schemas into `tmp_path`, so that a plugin started there need not import the SDKs."""
    shutil.copytree(_schemas, tmp_path, dirs_exist_ok=True)
