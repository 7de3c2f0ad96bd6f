"""A wheel of the project puts one name into site-packages, and everything below it works from there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    [built] = out.glob("*.whl")
    return built


def test_takes_one_name_at_the_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        names = set(archive.namelist())
    assert {top for top in tops if not top.endswith(".dist-info")} == {"soc2_guardrails"}
    assert "soc2_guardrails/components/web_project.py" in names
    assert "soc2_guardrails/policies/PulumiPolicy.yaml" in names
    assert "soc2_guardrails/policies/secrets/env_secret_must_be_sensitive.py" in names
    assert "soc2_guardrails/sandbox/account.py" in names
    assert "soc2_guardrails/sandbox/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_gives_the_command_soc2(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [stated] = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
        assert "soc2 = soc2_guardrails.command.app:main" in archive.read(stated).decode().splitlines()


def test_an_editable_installation_copies_nothing(tmp_path: Path) -> None:
    script = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, timeout=120)
    [built] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        outside = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert [archive.read(name).decode() for name in outside] == [str(REPOSITORY)]


def test_everything_imports_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    script = (
        "import importlib, pkgutil, soc2_guardrails as top\n"
        "names = [m.name for m in pkgutil.walk_packages(top.__path__, 'soc2_guardrails.')]\n"
        "[importlib.import_module(n) for n in names if not n.endswith('__main__')]\n"
        "from soc2_guardrails.policies.judge.registry import rules\n"
        "print(len(rules()), len(names))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    rules, modules = map(int, run.stdout.split())
    assert rules >= 16
    assert modules > 40
