"""What is special about the folder: its files, and what a file system can do to them."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from soc2_guardrails.evidence.stores import StoreError, TakenError
from soc2_guardrails.evidence.stores.folder import Folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "evidence"


@pytest.fixture
def folder(path: Path) -> Folder:
    return Folder(path)


def test_only_the_owner_reads_them(folder: Folder, path: Path) -> None:
    folder.create("shop/prod/1.json", b"x")
    folder.replace("shop/prod/head.json", b"x")

    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in (path.parent, *path.parent.rglob("*"))}
    folders = {"new", "evidence", "shop", "prod", "~unfinished"}
    assert modes == dict.fromkeys(folders, 0o700) | {"1.json": 0o600, "head.json": 0o600}


def test_names_are_files_and_nothing_else_is_left(folder: Folder, path: Path) -> None:
    folder.create("shop/1.json", b"x")
    with pytest.raises(TakenError):
        folder.create("shop/1.json", b"y")
    folder.replace("shop/head.json", b"z")

    assert sorted(found.relative_to(path).as_posix() for found in path.rglob("*") if found.is_file()) == [
        "shop/1.json",
        "shop/head.json",
    ]


def test_a_reader_sees_a_head_whole_while_it_moves(folder: Folder) -> None:
    contents = [bytes([letter]) * 3_000_000 for letter in b"abcd"]
    folder.replace("head.json", contents[0])
    done = threading.Event()
    seen: set[bytes | None] = set()

    def look() -> None:
        while not done.is_set():
            seen.add(folder.read("head.json"))

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(5):
        for content in contents:
            folder.replace("head.json", content)
    done.set()
    looking.join()

    assert seen <= set(contents)


def test_what_a_killed_process_left_is_ignored_and_removed_when_it_is_old(folder: Folder, path: Path) -> None:
    folder.create("shop/1.json", b"x")
    old, young = path / "~unfinished" / "2.json.old", path / "~unfinished" / "2.json.young"
    for left in (old, young):
        left.write_bytes(b"hal")
    os.utime(old, (time.time() - 7200,) * 2)

    assert folder.names() == ["shop/1.json"]
    folder.create("shop/2.json", b"whole")

    assert not old.exists()
    assert young.exists()
    assert list(folder.entries("shop")) == [("shop/1.json", b"x"), ("shop/2.json", b"whole")]


def test_a_write_that_was_taken_for_abandoned_is_done_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link
    removed: list[Path] = []

    def link_after_removal(source: Path, target: Path) -> None:
        if not removed:
            source.unlink()
            removed.append(source)
        link(source, target)

    monkeypatch.setattr(os, "link", link_after_removal)
    folder.create("shop/1.json", b"x")

    assert removed
    assert folder.read("shop/1.json") == b"x"


def test_a_network_file_system_that_asks_twice_finds_its_own_link(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_twice(source: Path, target: Path) -> None:
        link(source, target)
        link(source, target)

    monkeypatch.setattr(os, "link", link_twice)
    folder.create("shop/1.json", b"x")
    with pytest.raises(TakenError):
        folder.create("shop/1.json", b"x")


def test_a_file_system_without_hard_links_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)

    with pytest.raises(StoreError, match=r"has no hard links.*evidence\.store\.path"):
        folder.create("shop/1.json", b"x")
    assert folder.names() == []


def test_a_full_disk_leaves_nothing(folder: Folder, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    path.mkdir(parents=True)

    with pytest.raises(StoreError, match=r"No space left on device.*the space on the disk"):
        folder.create("1.json", b"x")
    assert [found for found in path.rglob("*") if found.is_file()] == []


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("not a folder")
    folder = Folder(tmp_path / "evidence")

    with pytest.raises(StoreError, match=r"evidence: Not a directory.*evidence\.store\.path"):
        folder.create("shop/1.json", b"x")
    with pytest.raises(StoreError, match="Not a directory"):
        folder.read("shop/1.json")
    with pytest.raises(StoreError, match="Not a directory"):
        list(folder.entries("shop"))
    with pytest.raises(StoreError, match="Not a directory"):
        folder.names()


def test_what_is_no_record_is_not_listed(folder: Folder, path: Path) -> None:
    folder.create("shop/1.json", b"x")
    (path / "shop" / "1.json~").write_text("a backup of an editor")
    (path / "shop" / "1 copy.json").write_text("a copy")

    assert folder.names() == ["shop/1.json"]
    assert list(folder.entries("shop")) == [("shop/1.json", b"x")]
