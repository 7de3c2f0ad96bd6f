"""The pack runs from wherever it was unpacked, under any folder name, with nothing of the repository in reach."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from .pack_process import PACK, PackProcess

ALLOWED = {"google", "grpc", "pulumi", "pydantic", "yaml"} | set(sys.stdlib_module_names)


def unpack(directory: Path) -> Path:
    shutil.copytree(PACK, directory, ignore=shutil.ignore_patterns("__pycache__"))
    return directory


def start(pack: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Starts the pack the way a language host does, and ends it as soon as it has said its port."""
    script = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-m', 'pulumi.policy', '127.0.0.1:1', sys.argv[1]],"
        " stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)\n"
        "print(p.stdout.readline(), end='')\n"
        "p.terminate()\n"
        "out, err = p.communicate(timeout=20)\n"
        "print(out, end=''); print(err, end='', file=sys.stderr); sys.exit(p.returncode)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script, str(pack)], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("folder", ["0.1.0", "policies", "some pack"])
def test_starts_under_any_name_and_prints_only_its_port(tmp_path: Path, folder: str) -> None:
    pack = unpack(tmp_path / folder)
    for cwd in (tmp_path, pack):
        run = start(pack, cwd)
        assert re.fullmatch(r"\d+\n", run.stdout), run.stderr
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""


def test_imports_nothing_from_outside_itself() -> None:
    for file in PACK.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            elif isinstance(node, ast.ImportFrom):
                depth = len(file.relative_to(PACK).parts)
                assert node.level <= depth, f"{file.name} reaches out of the pack"
            for name in names:
                assert name.split(".")[0] in ALLOWED, f"{file.name} imports {name}"


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("secrets/not_a_rule.py", "X = 1\n", "secrets/not_a_rule.py defines no RULE"),
        ("boundary/broken.py", "raise RuntimeError('half written')\n", "boundary/broken.py"),
        ("PulumiPolicy.yaml", "runtime: python\n", "PulumiPolicy.yaml must be YAML with name and version"),
    ],
)
def test_a_pack_that_is_not_whole_does_not_start(tmp_path: Path, file: str, content: str, told: str) -> None:
    pack = unpack(tmp_path / "pack")
    (pack / file).write_text(content, encoding="utf-8")
    run = start(pack, tmp_path)
    assert run.returncode != 0
    assert run.stdout == ""
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_profile_that_cannot_be_read_refuses_a_configuration(tmp_path: Path) -> None:
    pack = unpack(tmp_path / "pack")
    levels = "title: a\nwhy: b\notherwise: mandatory\nlevels: {firewal-enabled: advisory}\n"
    (pack / "profiles/mine.yaml").write_text(levels, encoding="utf-8")
    told = r"profiles/mine\.yaml: levels\.firewal-enabled: no rule is called that; did you mean firewall-enabled\?"
    with pytest.raises(grpc.RpcError, match=told):
        PackProcess(folder=pack, config={"pack": {"profile": "mine"}})


def test_a_start_loads_nothing_that_only_a_configuration_needs() -> None:
    script = (
        "import sys\n"
        "from policies.judge.analyzer import Analyzer\n"
        "from policies.judge.configured import as_published\n"
        "from policies.judge.registry import rules\n"
        "assert as_published({}, [rule.id for rule in rules()])\n"
        "print(*sys.modules, sep='\\n')"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=PACK.parent, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "policies.judge.analyzer" in loaded
    assert not loaded & {"pydantic", "pydantic_core", "difflib", "pulumi_policy"}


def test_a_new_file_is_a_new_policy(tmp_path: Path) -> None:
    pack = unpack(tmp_path / "pack")
    model = (pack / "secrets/env_secret_must_be_sensitive.py").read_text(encoding="utf-8")
    (pack / "access/my_new_rule.py").write_text(model.replace("env-secret-must-be-sensitive", "my-new-rule"), "utf-8")
    script = (
        "import sys; sys.path.insert(0, '.')\nfrom pack.judge.registry import rules\nprint(*[r.id for r in rules()])"
    )
    listed = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "my-new-rule" in listed.stdout.split()
