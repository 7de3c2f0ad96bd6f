"""What is special about the branch: the user's repository stays as it was, and git's refusals are told."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from soc2_guardrails.evidence.stores import Store, StoreError, TakenError, open_store
from soc2_guardrails.workspace import GitStore
from tests.soc2_guardrails.evidence.stores.git_server import GitServer


def _git(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _opened(root: Path, remote: str = "origin", branch: str = "soc2-evidence") -> Store:
    return open_store(GitStore(kind="git", remote=remote, branch=branch), root)


def _script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path, remote: Path) -> Path:
    """A user's checkout of the remote, in the middle of work."""
    path = tmp_path / "checkout"
    _git("init", "--quiet", "--initial-branch=main", str(path), cwd=tmp_path)
    _git("remote", "add", "origin", str(remote), cwd=path)
    (path / "infra").mkdir()
    (path / "code.py").write_text("committed")
    _git("add", ".", cwd=path)
    _git("commit", "--quiet", "-m", "Begin", cwd=path)
    _git("push", "--quiet", "origin", "main", cwd=path)
    (path / "code.py").write_text("staged")
    _git("add", ".", cwd=path)
    (path / "code.py").write_text("not staged")
    (path / "new.py").write_text("not tracked")
    return path


def _state(checkout: Path) -> tuple[object, ...]:
    files = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    return files, _git("status", "--porcelain=v2", "--branch", cwd=checkout), _git("for-each-ref", cwd=checkout)


@pytest.mark.parametrize("folder", ["", "infra"])
def test_nothing_of_the_users_repository_changes(checkout: Path, remote: Path, folder: str) -> None:
    before = _state(checkout)
    store = _opened(checkout / folder)
    store.create("shop/1.json", b"x")
    store.replace("shop/head.json", b"y")
    assert store.names() == ["shop/1.json", "shop/head.json"]

    assert _state(checkout) == before
    assert _git("show", "soc2-evidence:shop/1.json", cwd=remote) == "x"


def test_the_branch_is_one_line_of_commits_and_holds_nothing_else(checkout: Path, remote: Path) -> None:
    for store in (_opened(checkout), _opened(checkout)):
        store.names()
        store.create(f"shop/{len(store.names()) + 1}.json", b"x")
    _opened(checkout).replace("shop/head.json", b"y")

    lines = _git("log", "--format=%an|%P|%s", "soc2-evidence", cwd=remote).splitlines()
    assert [line.split("|")[2] for line in lines] == ["Keep shop/head.json", "Keep shop/2.json", "Keep shop/1.json"]
    assert {line.split("|")[0] for line in lines} == {"Robin"}
    assert [len(line.split("|")[1].split()) for line in lines] == [1, 1, 0]
    files = _git("ls-tree", "-r", "--name-only", "soc2-evidence", cwd=remote).splitlines()
    assert sorted(files) == ["shop/1.json", "shop/2.json", "shop/head.json", "~README.md"]


def test_a_remote_may_be_a_path_or_a_url(tmp_path: Path, remote: Path) -> None:
    root = tmp_path / "no-repository"
    root.mkdir()
    _opened(root, remote="../remote.git").create("1.json", b"x")
    _opened(root, remote=str(remote)).create("2.json", b"x")
    _opened(root, remote=remote.as_uri()).create("3.json", b"x")

    assert _opened(root, remote=str(remote)).names() == ["1.json", "2.json", "3.json"]


def test_a_relative_address_of_a_remote_starts_where_git_starts_it(checkout: Path) -> None:
    _git("remote", "set-url", "origin", "../remote.git", cwd=checkout)
    store = _opened(checkout / "infra")
    store.create("1.json", b"x")
    assert store.read("1.json") == b"x"


def test_the_environment_and_configuration_of_the_host_do_not_break_it(
    checkout: Path, remote: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    nosy = _script(tmp_path / "nosy", f"touch {asked}; exit 1")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("pre-push", "pre-commit", "post-commit", "post-index-change"):
        _script(hooks / hook, f"touch {asked}; exit 1")
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(
            f"[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {nosy}\n[push]\n\tgpgSign = true\n\tfollowTags = true\n"
            f"[core]\n\thooksPath = {hooks}\n\teditor = {nosy}\n\tpager = {nosy}\n\tfsmonitor = {nosy}\n"
            "\tautocrlf = true\n[init]\n\tdefaultBranch = soc2-evidence\n[color]\n\tui = always\n"
            "[submodule]\n\trecurse = true\n[log]\n\tshowSignature = true\n"
        )
    for name, value in {
        "GIT_DIR": str(checkout / ".git"),
        "GIT_INDEX_FILE": str(tmp_path / "other-index"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_TRACE": "1",
        "GIT_EDITOR": str(nosy),
        "LANG": "de_DE.UTF-8",
        "LANGUAGE": "de",
    }.items():
        monkeypatch.setenv(name, value)

    store = _opened(checkout)
    store.create("1.json", b"a\r\nb\n")

    assert _opened(checkout).read("1.json") == b"a\r\nb\n"
    assert not asked.exists()
    assert not (tmp_path / "other-index").exists()
    assert not (tmp_path / "objects").exists()


def test_without_an_identity_it_says_how_to_set_one(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("")
    monkeypatch.delenv("EMAIL", raising=False)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(StoreError, match=r"git does not know who commits.*user\.name.*GIT_COMMITTER_EMAIL"):
        _opened(checkout).create("1.json", b"x")

    _git("config", "user.name", "Kim", cwd=checkout)
    _git("config", "user.email", "kim@example.com", cwd=checkout)
    _opened(checkout).create("1.json", b"x")


def test_a_remote_that_is_away_is_said_without_its_password(tmp_path: Path) -> None:
    store = _opened(tmp_path, remote="http://robin:canary-password@127.0.0.1:9/acme/evidence.git?token=canary-token")
    for use in (
        lambda: store.create("1.json", b"x"),
        lambda: store.replace("1.json", b"x"),
        lambda: store.read("1.json"),
        lambda: list(store.entries("")),
        lambda: store.names(""),
    ):
        with pytest.raises(
            StoreError, match=r"http://127\.0\.0\.1:9/acme/evidence\.git: .*evidence\.store\.remote"
        ) as e:
            use()
        assert "canary" not in str(e.value) + str(e.value.__cause__) + store.described()


def test_a_remote_that_is_none_is_said(checkout: Path) -> None:
    with pytest.raises(StoreError, match=r"git remote upstream: .*evidence\.store\.remote in soc2\.yaml"):
        _opened(checkout, remote="upstream").read("1.json")


def test_a_name_that_no_branch_can_have_is_said(checkout: Path) -> None:
    with pytest.raises(StoreError, match=r"'a\.\.b' cannot be the name of a git branch.*evidence\.store\.branch"):
        _opened(checkout, branch="a..b").read("1.json")


def test_a_refused_push_is_said_once_with_its_reason(checkout: Path, remote: Path) -> None:
    _opened(checkout).create("1.json", b"x")
    tried = remote / "tried"
    _script(
        remote / "hooks" / "pre-receive", f"echo >> {tried}; echo 'GH006: Protected branch update failed' >&2; exit 1"
    )

    with pytest.raises(StoreError, match=r"the push was refused.*GH006: Protected branch.*required reviews") as refused:
        _opened(checkout).create("2.json", b"x")

    assert not isinstance(refused.value, TakenError)
    assert tried.read_text() == "\n"
    assert _opened(checkout).names() == ["1.json"]


def test_a_branch_that_holds_something_else_is_read_and_not_written(checkout: Path, remote: Path) -> None:
    tip = _git("rev-parse", "main", cwd=remote)
    store = _opened(checkout, branch="main")

    for write in (store.create, store.replace):
        with pytest.raises(StoreError, match=r"something else than evidence.*evidence\.store\.branch"):
            write("shop/1.json", b"x")
    assert store.names() == ["code.py"]
    assert _git("rev-parse", "main", cwd=remote) == tip


def test_a_push_whose_answer_is_lost_is_not_taken_for_somebody_elses(checkout: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    deaf = _script(
        tmp_path / "receive-pack",
        f'git receive-pack "$@"; [ -e {lost} ] || {{ touch {lost}; exit 1; }}',
    )
    _git("config", "remote.origin.receivepack", str(deaf), cwd=checkout)
    store = _opened(checkout)
    store.create("1.json", b"x")

    assert lost.exists()
    assert _opened(checkout).read("1.json") == b"x"
    with pytest.raises(TakenError):
        store.create("1.json", b"x")


def test_a_branch_that_was_rolled_back_is_seen_as_it_is(checkout: Path, remote: Path) -> None:
    store = _opened(checkout)
    store.create("1.json", b"x")
    store.create("2.json", b"x")
    _git("update-ref", "refs/heads/soc2-evidence", "soc2-evidence~1", cwd=remote)

    store.create("3.json", b"x")

    assert _opened(checkout).names() == ["1.json", "3.json"]


def test_other_files_on_the_branch_stay(checkout: Path, remote: Path, tmp_path: Path) -> None:
    _opened(checkout).create("shop/1.json", b"x")
    other = tmp_path / "other"
    _git("clone", "--quiet", "--branch", "soc2-evidence", str(remote), str(other), cwd=tmp_path)
    (other / "note to the auditor.txt").write_text("by hand")
    _git("add", ".", cwd=other)
    _git("commit", "--quiet", "-m", "Add a note", cwd=other)
    _git("push", "--quiet", cwd=other)

    store = _opened(checkout)
    store.create("shop/2.json", b"y")

    assert store.names() == ["shop/1.json", "shop/2.json"]
    assert _git("show", "soc2-evidence:note to the auditor.txt", cwd=remote) == "by hand"


def test_temporary_repositories_are_removed(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    abandoned = tmp_path / "soc2-evidence-of-a-killed-run"
    abandoned.mkdir()
    os.utime(abandoned, (time.time() - 2 * 24 * 3600,) * 2)
    store = _opened(checkout)
    store.create("1.json", b"x")
    assert not abandoned.exists()
    assert list(tmp_path.glob("soc2-evidence-*"))
    del store
    assert not list(tmp_path.glob("soc2-evidence-*"))


@pytest.mark.parametrize("scope", ["--global", "--local"])
def test_the_users_own_ssh_is_used(checkout: Path, remote: Path, tmp_path: Path, scope: str) -> None:
    ssh = _script(tmp_path / "my-ssh", 'for last; do :; done; exec sh -c "$last"')
    _git("config", scope, "core.sshCommand", str(ssh), cwd=checkout)
    _git("remote", "set-url", "origin", f"ssh://git@nowhere.invalid{remote}", cwd=checkout)
    store = _opened(checkout)
    store.create("1.json", b"x")
    assert _opened(checkout).read("1.json") == b"x"


@pytest.fixture
def authorization() -> str:
    return "Basic " + base64.b64encode(b"x-access-token:canary-token").decode()


@pytest.fixture
def git_server(tmp_path: Path, remote: Path, authorization: str) -> Iterator[GitServer]:
    server = GitServer(tmp_path, authorization)
    yield server
    server.stop()


def test_the_header_that_a_checkout_was_given_is_used(
    checkout: Path, git_server: GitServer, authorization: str
) -> None:
    _git("remote", "set-url", "origin", f"http://{git_server.address}/remote.git", cwd=checkout)
    header = f"http.http://{git_server.address}/.extraheader"
    _git("config", header, f"AUTHORIZATION: {authorization}", cwd=checkout)
    store = _opened(checkout)
    store.create("1.json", b"x")

    assert store.read("1.json") == b"x"
    with pytest.raises(TakenError):
        _opened(checkout).create("1.json", b"y")


def test_a_token_in_the_address_is_used_and_not_shown(tmp_path: Path, git_server: GitServer) -> None:
    address = f"http://x-access-token:canary-token@{git_server.address}/remote.git"
    store = _opened(tmp_path, remote=address)
    store.create("1.json", b"x")
    with pytest.raises(TakenError) as taken:
        store.create("1.json", b"y")
    assert "canary" not in str(taken.value)


def test_without_credentials_it_ends_with_an_error_and_asks_nobody(tmp_path: Path, git_server: GitServer) -> None:
    with pytest.raises(StoreError, match=r"terminal prompts disabled.*the credentials that git has"):
        _opened(tmp_path, remote=f"http://{git_server.address}/remote.git").create("1.json", b"x")
