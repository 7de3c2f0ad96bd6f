"""A branch of a remote: its newest commit here, and commits on top of it there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

from .git_commands import GitCommands, GitFailed
from .names import is_name
from .store import StoreError

_MARKER = "~README.md"
"""Shows that a branch is for evidence. `~` is in no name, so it hides none."""

_MARKER_TEXT = b"""# Evidence

Records of what soc2-guardrails judged and changed. `soc2 evidence verify` checks them; nobody edits them by hand.
"""


class Branch:
    """One branch, seen as of the last fetch or push.

    Every method raises GitFailed where git does.

    Args:
        git: git, in a repository of our own.
        name: the branch, without `refs/heads/`.
        described: what to call it in messages.

    Attributes:
        tip: the newest commit that is known, None before there is one.
        seen_at: when that was, on the monotonic clock; None before the first fetch.

    Raises:
        StoreError: no branch can have this name.
    """

    def __init__(self, git: GitCommands, name: str, described: str) -> None:
        self._git = git
        self._ref = f"refs/heads/{name}"
        self._described = described
        self.tip: str | None = None
        self.seen_at: float | None = None
        try:
            git.run("check-ref-format", self._ref)
        except GitFailed as error:
            raise StoreError(
                f"{name!r} cannot be the name of a git branch: correct evidence.store.branch in soc2.yaml"
            ) from error

    def fetch(self) -> None:
        """Get the newest commit; those before it only as far back as the one that was known."""
        depth = ("--depth=1",) if self.tip is None else ()
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", *depth)
        try:
            self._git.run("fetch", *options, self._git.remote, f"+{self._ref}:{self._ref}")
            self.tip = self._object("rev-parse", "--verify", f"{self._ref}^{{commit}}")
        except GitFailed as error:
            if "couldn't find remote ref" not in str(error):
                raise
            self.tip = None
        self.seen_at = time.monotonic()

    def committed(self, name: str, blob: str) -> str:
        """A commit of the tip's files with one more, or another, under `name`; it is nowhere but here.

        Raises:
            StoreError: the branch is not for evidence, or git does not know who commits.
        """
        files = {name: blob}
        if self.tip is None:
            self._git.run("read-tree", "--empty")
            files[_MARKER] = self.blob(_MARKER_TEXT)
        else:
            self._require_marker(self.tip)
            self._git.run("read-tree", f"{self.tip}^{{tree}}")
        for path, digest in files.items():
            self._git.run("update-index", "--add", "--cacheinfo", f"100644,{digest},{path}")
        tree = self._object("write-tree")
        self._require_identity()
        return self._object("commit-tree", tree, *(("-p", self.tip) if self.tip else ()), "-m", f"Keep {name}")

    def push(self, commit: str) -> None:
        """Make a commit the tip, on condition that the remote still has the one it was made on."""
        self._git.run(
            "push",
            "--quiet",
            "--no-follow-tags",
            "--no-recurse-submodules",
            f"--force-with-lease={self._ref}:{self.tip or ''}",
            self._git.remote,
            f"{commit}:{self._ref}",
        )
        self.tip = commit
        self.seen_at = time.monotonic()

    def contains(self, commit: str) -> bool:
        """Whether a commit that was made here is part of the branch."""
        if self.tip is None:
            return False
        try:
            self._git.run("merge-base", "--is-ancestor", commit, self.tip)
        except GitFailed:
            return False
        return True

    def blob(self, content: bytes) -> str:
        """The id of a blob with this content; it is nowhere but here."""
        return self._object("hash-object", "-w", "--stdin", content=content)

    def file(self, name: str) -> str | None:
        """The blob of a file, None if there is none."""
        return dict(self.files(name)).get(name)

    def files(self, path: str, *, deep: bool = False) -> Iterator[tuple[str, str]]:
        """Names and blobs: of one file, or of those in a folder if the path is empty or ends with a slash."""
        if self.tip is None:
            return
        options = ("-r", "-z") if deep else ("-z",)
        listed = self._git.run("ls-tree", *options, self.tip, *(("--", path) if path else ()))
        for line in listed.decode(errors="replace").split("\0")[:-1]:
            about, _, name = line.partition("\t")
            _, kind, digest = about.split()
            if kind == "blob" and is_name(name):
                yield name, digest

    def contents(self, blobs: Iterable[str]) -> Iterator[bytes]:
        """The contents of blobs, in one process for all of them."""
        reading = self._git.started("cat-file", "--batch")
        try:
            for blob in blobs:
                yield _content(reading, blob)
        finally:
            reading.kill()
            reading.communicate()

    def _object(self, *arguments: str, content: bytes = b"") -> str:
        return self._git.run(*arguments, content=content).decode().strip()

    def _require_marker(self, tip: str) -> None:
        if not self._git.run("ls-tree", tip, "--", _MARKER):
            raise StoreError(
                f"Nothing is written to {self._described}: it holds something else than evidence. "
                "To mend it, name a branch of its own as evidence.store.branch in soc2.yaml"
            )

    def _require_identity(self) -> None:
        try:
            self._git.run("var", "GIT_AUTHOR_IDENT")
            self._git.run("var", "GIT_COMMITTER_IDENT")
        except GitFailed as error:
            raise StoreError(
                f"Nothing is written to {self._described}: git does not know who commits. To mend it, set user.name "
                "and user.email with git config, or GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and "
                "GIT_COMMITTER_EMAIL in the environment"
            ) from error


def _content(reading: subprocess.Popen[bytes], blob: str) -> bytes:
    """Ask for one blob and take the answer, so that neither pipe fills up."""
    assert reading.stdin is not None  # noqa: S101  both were asked for as pipes
    assert reading.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        reading.stdin.write(f"{blob}\n".encode())
        reading.stdin.flush()
    about = reading.stdout.readline().split()
    if len(about) != 3:
        raise GitFailed(f"the object {blob} cannot be read")
    content = reading.stdout.read(int(about[2]))
    reading.stdout.read(1)  # the line end after it
    return content
