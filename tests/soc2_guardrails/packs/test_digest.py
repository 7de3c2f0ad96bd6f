"""The digest of a pack from outside is the one that the pack writes into its journal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policies.judge.digest import pack_digest as as_the_pack_says
from soc2_guardrails.packs import pack_digest

PACK = Path(__file__).resolve().parents[3] / "policies"


def test_both_ways_to_compute_it_agree() -> None:
    assert pack_digest(PACK) == as_the_pack_says(PACK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    for name, content in (("a.py", b"1"), ("a/b.yaml", b"\x00\xff"), ("a-b/c", b""), ("b.py", b"a.py")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_they_agree_on_files_of_any_name_and_content(folder: Path) -> None:
    assert pack_digest(folder) == as_the_pack_says(folder)


def test_it_is_of_the_content_alone(folder: Path, tmp_path: Path) -> None:
    before = pack_digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert pack_digest(shutil.copytree(folder, tmp_path / "elsewhere")) == before
    for change in (
        lambda: (folder / "a.py").write_bytes(b"2"),
        lambda: (folder / "a.py").rename(folder / "c.py"),
        (folder / "new").touch,
        (folder / "b.py").unlink,
    ):
        change()
        after = pack_digest(folder)
        assert after != before
        before = after
