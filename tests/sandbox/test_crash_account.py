"""The account file under several connections of one process and under other processes that come and go."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from sandbox.account import Account

_ROOT = Path(__file__).parents[2]
_PROJECT = "vercel:index/project:Project"
_OBJECTS = 60
_OTHER_PROCESS = f"""
import sys
from pathlib import Path
from sandbox.account import Account
account = Account.open(Path(sys.argv[1]))
for number in range({_OBJECTS}):
    account.create({_PROJECT!r}, f"prj_{{sys.argv[2]}}_{{number}}", {{"name": "x" * 500}})
account.close()
"""


def test_opening_it_again_does_not_give_up_the_locks_of_this_process(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    first = Account.open(path)
    first.create(_PROJECT, "prj_first", {"name": "web"})
    second = Account.open(path)
    # Each of them ends as the last user of the file, if nobody holds a lock: it would take the log away.
    for turn in range(3):
        subprocess.run([sys.executable, "-c", _OTHER_PROCESS, str(path), str(turn)], cwd=_ROOT, check=True, timeout=60)
        assert first.count() == second.count() == 1 + (turn + 1) * _OBJECTS
    first.create(_PROJECT, "prj_last", {"name": "web"})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert Account.open(path).count() == 2 + 3 * _OBJECTS
