"""A store on a git branch that holds nothing else: a file per name, a commit per write."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from soc2_guardrails.workspace import GitStore

from .addresses import without_credentials
from .git_commands import GitCommands, GitFailed
from .names import checked, checked_folder, is_name
from .store import StoreError, TakenError

_MARKER = "~README.md"
"""Shows that a branch is for evidence. `~` is in no name, so it hides none."""

_MARKER_TEXT = b"""# Evidence

Records of what soc2-guardrails judged and changed. `soc2 evidence verify` checks them; nobody edits them by hand.
"""

_FRESH_FOR_S = 2.0
"""How long reads go by one fetch. A write needs no fresh view: the remote refuses what is not on top of its tip."""

_KEEP_TRYING_S = 180.0
_LOCKED = ("cannot lock ref", "failed to lock", "unable to create", "failed to update ref", "reference already exists")


class Git:
    """Keeps records as files on a branch of a remote, which takes one commit on top of another."""

    def __init__(self, settings: GitStore, root: Path) -> None:
        self._branch = settings.branch
        self._ref = f"refs/heads/{settings.branch}"
        self._shown = without_credentials(settings.remote)
        self._settings = settings
        self._root = root
        self._commands: GitCommands | None = None
        self._tip: str | None = None
        self._fetched_at: float | None = None
        self._one_at_a_time = RLock()

    def described(self) -> str:
        """The branch and the remote."""
        return f"the branch {self._branch} of the git remote {self._shown}"

    def create(self, name: str, content: bytes) -> None:
        """Push a commit with a new file.

        Raises:
            TakenError: the file is on the branch already.
            StoreError: it cannot be pushed.
        """
        self._write(checked(name), content, once=True)

    def replace(self, name: str, content: bytes) -> None:
        """Push a commit that puts a file in the place of what is there.

        Raises:
            StoreError: it cannot be pushed.
        """
        self._write(checked(name), content, once=False)

    def read(self, name: str) -> bytes | None:
        """The content of a file on the branch, None if there is none. It may be two seconds old.

        Raises:
            StoreError: the remote cannot be reached.
        """
        checked(name)
        with self._one_at_a_time, self._explained(f"read {name}"):
            tip = self._recent_tip()
            for found, digest in self._files(tip, name):
                if found == name:
                    return self._git.run("cat-file", "blob", digest)
        return None

    def entries(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The files of a folder with their content, in the order of their names.

        Raises:
            StoreError: the remote cannot be reached.
        """
        below = f"{folder}/" if checked_folder(folder) else ""
        with self._one_at_a_time, self._explained(f"list {folder or 'everything'}"):
            files = sorted(self._files(self._recent_tip(), below))
        if files:
            with self._explained(f"read {folder or 'everything'}"):
                yield from self._contents(files)

    def names(self, folder: str = "") -> list[str]:
        """All files at any depth below a folder, in order.

        Raises:
            StoreError: the remote cannot be reached.
        """
        below = f"{folder}/" if checked_folder(folder) else ""
        with self._one_at_a_time, self._explained(f"list {folder or 'everything'}"):
            return sorted(name for name, _ in self._files(self._recent_tip(), below, deep=True))

    @property
    def _git(self) -> GitCommands:
        if self._commands is None:
            self._commands = GitCommands(self._settings.remote, self._root)
            try:
                self._commands.run("check-ref-format", self._ref)
            except GitFailed as error:
                raise StoreError(
                    f"{self._branch!r} cannot be the name of a branch: correct evidence.store.branch in soc2.yaml"
                ) from error
        return self._commands

    def _write(self, name: str, content: bytes, *, once: bool) -> None:
        deadline = time.monotonic() + _KEEP_TRYING_S
        with self._one_at_a_time, self._explained(f"write {name}"):
            if self._fetched_at is None:
                self._fetch()
            digest = self._git.run("hash-object", "-w", "--stdin", content=content).decode().strip()
            for attempt in range(1_000):
                tip = self._tip
                if once and self._has(tip, name):
                    raise TakenError(f"{name} is already on {self.described()}")
                commit = self._commit(tip, name, digest)
                refusal = self._pushed(tip, commit)
                if refusal is None:
                    return
                self._fetch()
                if self._contains(commit):  # the push arrived, its answer did not
                    return
                if self._tip == tip and not any(sign in refusal.lower() for sign in _LOCKED):
                    raise StoreError(self._refused(name, refusal))
                if time.monotonic() > deadline:
                    raise StoreError(f"Cannot write {name} to {self.described()}: others were always first: {refusal}")
                time.sleep(random.uniform(0, min(2.0, 0.05 * 2 ** min(attempt, 10))))  # noqa: S311  spreads them

    def _commit(self, tip: str | None, name: str, digest: str) -> str:
        """Make a commit of the tip's files and one more, and nothing but objects."""
        files = [(_MARKER, self._git.run("hash-object", "-w", "--stdin", content=_MARKER_TEXT).decode().strip())]
        if tip is None:
            self._git.run("read-tree", "--empty")
        else:
            self._git.run("read-tree", f"{tip}^{{tree}}")
            if not self._git.run("ls-tree", tip, "--", _MARKER):
                raise StoreError(
                    f"{self.described()} holds something else than evidence. "
                    "To mend it, name a branch of its own as evidence.store.branch in soc2.yaml"
                )
            files = []
        for path, blob in (*files, (name, digest)):
            self._git.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        tree = self._git.run("write-tree").decode().strip()
        parents = () if tip is None else ("-p", tip)
        try:
            return self._git.run("commit-tree", tree, *parents, "-m", f"Keep {name}").decode().strip()
        except GitFailed as error:
            if "ident" in str(error).lower() or "tell me who you are" in str(error).lower():
                raise StoreError(
                    f"Cannot write {name} to {self.described()}: git does not know who commits. "
                    "To mend it, git config user.name and user.email, or set GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, "
                    "GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL"
                ) from error
            raise

    def _pushed(self, tip: str | None, commit: str) -> str | None:
        """Push; None if the remote took it, else what it said."""
        try:
            self._git.run(
                "push",
                "--quiet",
                "--no-follow-tags",
                "--no-recurse-submodules",
                f"--force-with-lease={self._ref}:{tip or ''}",
                self._git.remote,
                f"{commit}:{self._ref}",
            )
        except GitFailed as error:
            return str(error)
        self._tip = commit
        self._fetched_at = time.monotonic()
        return None

    def _recent_tip(self) -> str | None:
        if self._fetched_at is None or time.monotonic() - self._fetched_at > _FRESH_FOR_S:
            self._fetch()
        return self._tip

    def _fetch(self) -> None:
        """Get the newest commit; the ones before it only as far back as the one that was known."""
        depth = ("--depth=1",) if self._tip is None else ()
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", *depth)
        try:
            self._git.run("fetch", *options, self._git.remote, f"+{self._ref}:{self._ref}")
            self._tip = self._git.run("rev-parse", "--verify", f"{self._ref}^{{commit}}").decode().strip()
        except GitFailed as error:
            if "couldn't find remote ref" not in str(error):
                raise
            self._tip = None
        self._fetched_at = time.monotonic()

    def _contains(self, commit: str) -> bool:
        if self._tip is None:
            return False
        try:
            self._git.run("merge-base", "--is-ancestor", commit, self._tip)
        except GitFailed:
            return False
        return True

    def _has(self, tip: str | None, name: str) -> bool:
        return any(found == name for found, _ in self._files(tip, name))

    def _files(self, tip: str | None, path: str, *, deep: bool = False) -> Iterator[tuple[str, str]]:
        """Names and blobs of a file, or of what is in a folder if the path ends with a slash."""
        if tip is None:
            return
        options = ("-r", "-z") if deep else ("-z",)
        listed = self._git.run("ls-tree", *options, tip, *(("--", path) if path else ())).decode(errors="replace")
        for line in listed.split("\0")[:-1]:
            about, _, name = line.partition("\t")
            _, kind, digest = about.split()
            if kind == "blob" and is_name(name):
                yield name, digest

    def _contents(self, files: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
        reading = self._git.started("cat-file", "--batch")
        try:
            for name, digest in files:
                yield name, _answer(reading, digest, name)
        finally:
            reading.kill()
            reading.communicate()

    def _refused(self, name: str, refusal: str) -> str:
        return (
            f"Cannot write {name} to {self.described()}: the push was refused: {refusal}. To mend it, let this "
            f"identity push to {self._branch}, and keep required reviews and checks off that branch (docs/evidence-stores.md)"
        )

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except GitFailed as error:
            raise StoreError(
                f"Cannot {doing} on {self.described()}: {error}. "
                "To mend it, check evidence.store.remote in soc2.yaml, the network, and the credentials that git has"
            ) from error


def _answer(reading: subprocess.Popen[bytes], digest: str, name: str) -> bytes:
    assert reading.stdin is not None  # noqa: S101  both were asked for as pipes
    assert reading.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        reading.stdin.write(f"{digest}\n".encode())
        reading.stdin.flush()
    about = reading.stdout.readline().split()
    if len(about) != 3:
        raise GitFailed(f"the object of {name} cannot be read")
    content = reading.stdout.read(int(about[2]))
    reading.stdout.read(1)  # the line end after it
    return content
