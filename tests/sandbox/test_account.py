"""The account file: whole after anything, listed without secrets, changed out of band."""

import os
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.account import (
    REDACTED,
    Account,
    AccountError,
    ClashError,
    NotInAccountError,
    Secret,
    WriteOnly,
)

PROJECT = "vercel:index/project:Project"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
CANARY = "canary-91d2"
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account.open(tmp_path / "account.db")


def test_the_file_is_for_its_owner_only(account: Account) -> None:
    assert stat.S_IMODE(account.path.stat().st_mode) == 0o600


def test_listings_redact_secrets_and_reads_give_them(account: Account) -> None:
    properties = {"name": "web", "list": [{"value": Secret(CANARY)}], "hidden": WriteOnly()}
    address = account.create(PROJECT, "prj_1", properties)
    for shown in (account.list()[0], account.get("prj_1"), account.get(address)):
        assert shown.properties == {"name": "web", "list": [{"value": REDACTED}], "hidden": REDACTED}
    kept = account.read(address)
    assert kept is not None
    assert kept.properties == properties
    assert CANARY not in repr(kept)


def test_a_changed_secret_stays_secret(account: Account) -> None:
    account.create(PROJECT, "prj_1", {"value": Secret("old"), "hidden": WriteOnly(), "sources": ["a", "b"]})
    assert account.change("prj_1", "value", CANARY).properties["value"] == REDACTED
    kept = account.read("vercel:Project/prj_1")
    assert kept is not None
    assert kept.properties["value"] == Secret(CANARY)
    assert account.change("prj_1", "sources.1", None).properties["sources"] == ["a"]
    with pytest.raises(AccountError, match="hidden is write-only"):
        account.change("prj_1", "hidden", CANARY)
    with pytest.raises(AccountError, match=r"has no property sources\.7"):
        account.change("prj_1", "sources.7", "x")


def test_an_ambiguous_or_unknown_id_is_named(account: Account) -> None:
    account.create(PROJECT, "web", {})
    account.create("github:index/repository:Repository", "web", {})
    with pytest.raises(AccountError, match=r"github:Repository/web, vercel:Project/web"):
        account.get("web")
    with pytest.raises(NotInAccountError, match="nothing is not in the account"):
        account.remove("nothing")


def test_a_claim_is_held_until_its_object_goes(account: Account) -> None:
    account.create(PROJECT, "prj_1", {}, claims=["name web"])
    with pytest.raises(ClashError, match="name web is taken by vercel:Project/prj_1"):
        account.create(PROJECT, "prj_2", {}, claims=["name web"])
    account.update("vercel:Project/prj_1", {}, claims=["name shop"])
    account.create(PROJECT, "prj_2", {}, claims=["name web"])
    account.remove("prj_1")
    account.create(PROJECT, "prj_3", {}, claims=["name shop"])


def test_removing_an_object_removes_what_lives_below_it(account: Account) -> None:
    parent = account.create(PROJECT, "prj_1", {})
    child = account.create(VARIABLE, "env_1", {}, parent=parent)
    account.create(PROJECT, "prj_2", {})
    assert account.remove("prj_1") == [parent, child]
    assert account.count() == 1
    with pytest.raises(NotInAccountError):
        account.create(VARIABLE, "env_2", {}, parent=parent)


def test_threads_share_an_account(account: Account) -> None:
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: account.next_number("n"), range(200)))
        list(pool.map(lambda number: account.create(PROJECT, f"prj_{number}", {}), range(200)))
    assert sorted(numbers) == list(range(1, 201))
    assert account.count() == 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no SQLite file"),
        (b"name: web\n", "no SQLite file"),
        (b"SQLite format 3\x00" + b"x" * 5000, "not a database"),
    ],
)
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "account.db"
    path.write_bytes(content)
    with pytest.raises(AccountError, match=reason) as error:
        Account.open(path)
    assert str(path) in str(error.value)
    assert "make clean-sandbox" in str(error.value)
    assert path.read_bytes() == content


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    whole = Account.open(tmp_path / "whole.db")
    for number in range(200):
        whole.create(PROJECT, f"prj_{number}", {"name": "web" * 20})
    connection = sqlite3.connect(whole.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = whole.path.read_bytes()
    path = tmp_path / "account.db"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AccountError, match="damaged"):
        Account.open(path)


def test_another_layout_or_another_programs_file_is_refused(tmp_path: Path, account: Account) -> None:
    with sqlite3.connect(account.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AccountError, match="layout 99"):
        Account.open(account.path)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(AccountError, match="another program"):
        Account.open(other)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccountError, match="cannot be used"):
        Account.open(tmp_path / "file" / "account.db")


def test_a_writer_killed_at_any_time_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    script = (
        "import sys, itertools, pathlib; from sandbox.account import Account\n"
        f"account = Account.open(pathlib.Path({str(path)!r}))\n"
        "for number in itertools.count():\n"
        f"    print(account.create({PROJECT!r}, f'prj_{{sys.argv[1]}}_{{number}}', {{'n': number}}), flush=True)\n"
    )
    answered: set[str] = set()
    for turn in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(turn)],
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout
        answered.add(writer.stdout.readline().strip())
        time.sleep(0.05 * (turn + 1))
        writer.kill()
        # A line that the kill cut short names no answered call.
        answered |= {line.strip() for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith("\n")}
        stored = {found.address for found in Account.open(path).list()}
        assert answered <= stored
