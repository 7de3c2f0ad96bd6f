"""Fixtures of the sandbox's tests."""

import shutil
from pathlib import Path

import pytest

from sandbox.schema.cache import PACKAGES, load
from soc2_guardrails.engine import Engine

PARTS = ("__main__.py", "Pulumi.yaml", "soc2.yaml", "components", "policies", "sandbox", "soc2_guardrails", "stacks")


@pytest.fixture(scope="module")
def checkout(repository: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a `.soc2` of its own, the engine already there."""
    root = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        source, target = repository / part, root / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    (root / ".soc2").mkdir()
    (root / ".soc2" / "engine").symlink_to(engine.path.parent)
    return root


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
