"""A store on a git branch that holds nothing else: a file per name, a commit per write."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from soc2_guardrails.workspace import GitStore

from .addresses import without_credentials
from .git_branch import Branch
from .git_commands import GitCommands, GitFailed
from .names import checked, checked_folder
from .store import StoreError, TakenError

_FRESH_FOR_S = 2.0
"""How long reads go by one fetch. A write needs no fresh view: the remote refuses what is not on top of its tip."""

_KEEP_TRYING_S = 180.0
_LONGEST_PAUSE_S = 2.0
_COLLIDED = ("file exists", "but expected", "reference already exists", "incorrect old value", "failed to update ref")
"""How a remote says that somebody else is writing at this moment, so that the tip may not have moved yet."""


class Git:
    """Keeps records as files on a branch of a remote, which takes one commit on top of another."""

    def __init__(self, settings: GitStore, root: Path) -> None:
        self._settings = settings
        self._root = root
        self._opened: Branch | None = None
        self._one_at_a_time = RLock()

    def described(self) -> str:
        """The branch and the remote."""
        return f"the branch {self._settings.branch} of the git remote {without_credentials(self._settings.remote)}"

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
        with self._used_to(f"read {name}") as branch:
            self._refresh(branch)
            blob = branch.file(name)
            if blob is None:
                return None
            [content] = branch.contents([blob])
            return content

    def entries(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The files of a folder with their content, in the order of their names.

        Raises:
            StoreError: the remote cannot be reached.
        """
        below = f"{folder}/" if checked_folder(folder) else ""
        with self._used_to(f"read {folder or 'everything'}") as branch:
            self._refresh(branch)
            files = dict(sorted(branch.files(below)))
        with self._explained(f"read {folder or 'everything'}"):
            yield from zip(files, branch.contents(files.values()), strict=True)

    def names(self, folder: str = "") -> list[str]:
        """All files at any depth below a folder, in order.

        Raises:
            StoreError: the remote cannot be reached.
        """
        below = f"{folder}/" if checked_folder(folder) else ""
        with self._used_to(f"list {folder or 'everything'}") as branch:
            self._refresh(branch)
            return sorted(name for name, _ in branch.files(below, deep=True))

    def _write(self, name: str, content: bytes, *, once: bool) -> None:
        deadline = time.monotonic() + _KEEP_TRYING_S
        longest_pause = 0.05
        with self._used_to(f"write {name}") as branch:
            if branch.seen_at is None:
                branch.fetch()
            blob = branch.blob(content)
            while True:
                if once and branch.file(name) is not None:
                    raise TakenError(f"{name} is already on {self.described()}")
                refusal = self._refusal(branch, branch.committed(name, blob))
                if refusal is None:
                    return
                if time.monotonic() > deadline:
                    raise StoreError(f"Cannot write {name} to {self.described()}: others were always first: {refusal}")
                time.sleep(random.uniform(0, longest_pause))  # noqa: S311  spreads those who collided
                longest_pause = min(2 * longest_pause, _LONGEST_PAUSE_S)

    def _refusal(self, branch: Branch, commit: str) -> str | None:
        """Push; None if the commit is on the branch then, else why not, if it is worth trying on the new tip.

        Raises:
            StoreError: the remote refuses the push itself.
        """
        tip = branch.tip
        try:
            branch.push(commit)
        except GitFailed as error:
            refusal = str(error)
        else:
            return None
        branch.fetch()
        if branch.contains(commit):  # the push arrived, its answer did not
            return None
        if branch.tip == tip and not any(sign in refusal.lower() for sign in _COLLIDED):
            raise StoreError(
                f"Cannot write to {self.described()}: the push was refused: {refusal}. To mend it, let this identity "
                f"push to {self._settings.branch}, without required reviews or checks (docs/evidence-stores.md)"
            )
        return refusal

    def _refresh(self, branch: Branch) -> None:
        if branch.seen_at is None or time.monotonic() - branch.seen_at > _FRESH_FOR_S:
            branch.fetch()

    @contextmanager
    def _used_to(self, doing: str) -> Iterator[Branch]:
        with self._one_at_a_time, self._explained(doing):
            if self._opened is None:
                commands = GitCommands(self._settings.remote, self._root)
                self._opened = Branch(commands, self._settings.branch, self.described())
            yield self._opened

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except GitFailed as error:
            raise StoreError(
                f"Cannot {doing} on {self.described()}: {error}. "
                "To mend it, check evidence.store.remote in soc2.yaml, the network, and the credentials that git has"
            ) from error
