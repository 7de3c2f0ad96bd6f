"""Running git for the evidence branch: in a repository of our own, with the user's way to the remote.

Commits are made in a bare repository in a temporary folder, so that nothing of the user's repository is touched: no
work tree, index, branch, hook or object. What git needs to reach the remote, and who commits, comes from the user's
configuration, which is handed on in the environment because it may hold tokens.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .addresses import without_credentials
from .store import StoreError

_TIMEOUT_S = 120.0
_OWN_REMOTE = "evidence"
_PREFIX = "soc2-evidence-"
_ABANDONED_AFTER_S = 24 * 3600.0
_HANDED_ON = re.compile(
    r"(http|https|credential|url|user|author|committer|ssh|protocol)\..+|core\.(sshcommand|askpass|gitproxy)"
)
_OF_REMOTE = re.compile(r"remote\.(?P<name>.+)\.(url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack)")
_KEPT = re.compile(
    r"GIT_(ASKPASS|SSH|SSH_COMMAND|SSH_VARIANT|SSL_.+|PROXY_.+|HTTP_.+|(AUTHOR|COMMITTER)_(NAME|EMAIL)"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|EXEC_PATH|ALLOW_PROTOCOL)"
)
_CONFIGURED_IN_ENVIRONMENT = re.compile(r"GIT_CONFIG_(COUNT|PARAMETERS|KEY_\d+|VALUE_\d+)")
_OURS = (
    ("core.hooksPath", os.devnull),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("push.gpgSign", "false"),
    ("user.useConfigOnly", "true"),
    ("core.quotePath", "false"),
)


class GitFailed(Exception):
    """git ended with an error; the message is what it said, without credentials."""


class GitCommands:
    """Runs git on one remote.

    Args:
        remote: the name of a remote of the repository that `root` is in, else a path from `root`, else a URL.
        root: where relative paths start.

    Raises:
        StoreError: git is not installed, or the user's repository cannot be read.
    """

    def __init__(self, remote: str, root: Path) -> None:
        self._directory = _top_of(root) or root
        configured = _configuration(root)
        if any((match := _OF_REMOTE.fullmatch(key)) and match["name"] == remote for key, _ in configured):
            self.remote = remote
        else:
            self.remote = _OWN_REMOTE
            local = root / remote
            address = str(local.resolve()) if local.exists() else remote
            configured = [pair for pair in configured if not _OF_REMOTE.fullmatch(pair[0])]
            configured.append((f"remote.{_OWN_REMOTE}.url", address))
        _remove_abandoned(Path(tempfile.gettempdir()))
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        bare = Path(folder) / "evidence.git"
        self._environment = _environment([*configured, *_OURS], git_dir=bare)
        try:
            self.run("init", "--quiet", "--bare", "--template=", str(bare))
        except GitFailed as error:
            raise StoreError(f"Cannot make a git repository in {folder}: {error}") from error

    def run(self, *arguments: str, content: bytes = b"") -> bytes:
        """Run git and return its standard output.

        Raises:
            GitFailed: it ended with an error, or did not end.
        """
        return _run(arguments, self._directory, self._environment, content)

    def started(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start git with pipes for its input and its output; the caller ends it."""
        return subprocess.Popen(
            ["git", *arguments],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _remove_abandoned(temporary: Path) -> None:
    """Remove the repositories that killed processes left behind; no run takes a day."""
    for left in temporary.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            about = left.lstat()
            if about.st_uid == os.getuid() and time.time() - about.st_mtime > _ABANDONED_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)


def _environment(configuration: Sequence[tuple[str, str]], git_dir: Path | None = None) -> dict[str, str]:
    """The environment for git: nothing that points to another repository, nothing that asks a person."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)
    }
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never", "LC_ALL": "C"}
    if git_dir:
        environment["GIT_DIR"] = str(git_dir)
        environment["GIT_CONFIG_COUNT"] = str(len(configuration))
        for number, (key, value) in enumerate(configuration):
            environment[f"GIT_CONFIG_KEY_{number}"] = key
            environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment


def _configuration(root: Path) -> list[tuple[str, str]]:
    """What the user's repository and environment say about remotes and identity; git reads the rest itself."""
    environment = _environment([])
    environment |= {n: v for n, v in os.environ.items() if _CONFIGURED_IN_ENVIRONMENT.fullmatch(n)}
    try:
        listed = _run(["config", "--list", "--null", "--show-scope"], root, environment).decode(errors="replace")
    except GitFailed as error:
        raise StoreError(f"Cannot read the git configuration of {root}: {error}") from error
    fields = listed.split("\0")[:-1]
    found = [("core.sshCommand", "ssh -o BatchMode=yes")]  # asks nobody; what the user configured comes after it
    for scope, setting in zip(fields[::2], fields[1::2], strict=True):
        key, _, value = setting.partition("\n")
        handed_on = _HANDED_ON.fullmatch(key) or _OF_REMOTE.fullmatch(key)
        if (handed_on and scope in {"local", "worktree", "command"}) or key == "core.sshcommand":
            found.append((key, value))
    return found


def _top_of(root: Path) -> Path | None:
    """The folder that relative addresses of remotes start from; None outside of a repository."""
    try:
        shown = _run(["rev-parse", "--show-toplevel"], root, _environment([])).decode().strip()
    except GitFailed as error:
        if "dubious ownership" in str(error):
            raise StoreError(
                f"git does not read the repository of {root}, which another user owns. "
                f"To mend it, git config --global --add safe.directory {root}"
            ) from error
        return None
    return Path(shown)


def _run(arguments: Sequence[str], directory: Path, environment: dict[str, str], content: bytes = b"") -> bytes:
    try:
        # A session of its own: Ctrl-C ends the run, not the writing of its record, and nothing can ask the terminal.
        started = subprocess.Popen(
            ["git", *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if not directory.is_dir():
            raise StoreError(f"There is no folder {directory} to run git in") from error
        raise StoreError("The git store needs git 2.31 or later, and there is no git command. Install git") from error
    try:
        output, said = started.communicate(content, timeout=_TIMEOUT_S)
    except BaseException as error:
        _end(started)
        if isinstance(error, subprocess.TimeoutExpired):
            raise GitFailed(f"git {arguments[0]} did not end within {_TIMEOUT_S:.0f} s") from None
        raise
    if started.returncode:
        raise GitFailed(_said(said) or f"git {arguments[0]} ended with exit code {started.returncode}")
    return output


def _end(started: subprocess.Popen[bytes]) -> None:
    """End git and what it started, such as the process that talks to the remote."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.communicate()


def _said(stderr: bytes) -> str:
    lines = [line.strip() for line in without_credentials(stderr.decode(errors="replace")).splitlines()]
    return "; ".join(line for line in lines if line and not line.startswith("hint:"))[:1000]
