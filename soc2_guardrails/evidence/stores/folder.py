"""A store in a folder: a file per name."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from .names import checked, checked_folder, is_name
from .store import StoreError, TakenError

_GiveName: TypeAlias = Callable[[Path, Path], None]

_UNFINISHED = "~unfinished"
"""The folder for files that are still being written. `~` is in no name, so it hides none."""

_ABANDONED_AFTER_S = 3600.0
_ATTEMPTS = 3
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Folder:
    """Keeps records as files that only their owner may read.

    A file gets its name when it is whole and on disk, by a hard link: the file system gives a name once, also to
    processes of several machines that share it.
    """

    def __init__(self, path: Path) -> None:
        self._root = path
        self._unfinished = path / _UNFINISHED

    def described(self) -> str:
        """The folder's path."""
        return f"the folder {self._root}"

    def create(self, name: str, content: bytes) -> None:
        """Write a new file; it is on disk with its name once this returns.

        Raises:
            TakenError: the file is there already.
            StoreError: it cannot be written.
        """
        target = self._target(name)
        with self._explained(f"write {name}"):
            self._place(content, target, os.link)

    def replace(self, name: str, content: bytes) -> None:
        """Write a file in place of what is there; a reader sees one or the other.

        Raises:
            StoreError: it cannot be written.
        """
        target = self._target(name)
        with self._explained(f"write {name}"):
            self._place(content, target, os.replace)

    def read(self, name: str) -> bytes | None:
        """The content of a file, None if there is none.

        Raises:
            StoreError: it cannot be read.
        """
        target = self._root / checked(name)
        with self._explained(f"read {name}"):
            try:
                return target.read_bytes()
            except (FileNotFoundError, IsADirectoryError):
                return None
            except NotADirectoryError:
                self._require_folder()
                return None

    def entries(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The files of a folder with their content, in the order of their names.

        Raises:
            StoreError: one cannot be read.
        """
        directory = self._root / checked_folder(folder)
        with self._explained(f"list {folder or 'everything'}"):
            leaves = sorted(_files(directory))
            if not leaves:
                self._require_folder()
        for leaf in leaves:
            name = f"{folder}/{leaf}" if folder else leaf
            content = self.read(name)
            if content is not None:
                yield name, content

    def names(self, folder: str = "") -> list[str]:
        """All files at any depth below a folder, in order.

        Raises:
            StoreError: a folder cannot be read.
        """
        directory = self._root / checked_folder(folder)
        with self._explained(f"list {folder or 'everything'}"):
            self._require_folder()
            found = [
                (Path(path) / leaf).relative_to(self._root).as_posix()
                for path, _, leaves in os.walk(directory, onerror=_raise)
                for leaf in leaves
            ]
        return sorted(name for name in found if is_name(name))

    def _target(self, name: str) -> Path:
        """Where a name's file goes; its folder is there afterwards."""
        target = self._root / checked(name)
        with self._explained(f"make the folder for {name}"):
            _make_folder(target.parent)
            _make_folder(self._unfinished)
            self._remove_abandoned()
        return target

    def _place(self, content: bytes, target: Path, give_name: _GiveName) -> None:
        for _ in range(_ATTEMPTS):
            written = self._unfinished / f"{target.name[:100]}.{secrets.token_hex(8)}"
            try:
                _write(written, content)
                give_name(written, target)
            except FileNotFoundError:
                continue  # another process took it for abandoned, as after a suspended laptop
            except FileExistsError as taken:
                # A network file system that asks its server twice may find its own first request.
                if not written.samefile(target):
                    raise TakenError(f"{target.relative_to(self._root)} is already in {self.described()}") from taken
            except OSError as error:
                if give_name is os.link and error.errno in _NO_HARD_LINKS and written.exists():
                    raise StoreError(self._without_hard_links()) from error
                raise
            finally:
                with suppress(FileNotFoundError):
                    written.unlink()
            self._sync_up_from(target.parent)
            return
        raise StoreError(f"Cannot write {target.name} to {self.described()}: its unfinished file vanished each time")

    def _sync_up_from(self, folder: Path) -> None:
        """Also the folders above, which another process may have made and not yet synced."""
        while folder != self._root:
            _sync_folder(folder)
            folder = folder.parent
        _sync_folder(self._root)
        _sync_folder(self._root.parent)

    def _remove_abandoned(self) -> None:
        """Remove what killed processes left behind. They are told by their age: a write takes no hour."""
        now = time.time()
        for left in os.scandir(self._unfinished):
            with suppress(FileNotFoundError):
                if now - left.stat(follow_symlinks=False).st_mtime > _ABANDONED_AFTER_S:
                    Path(left.path).unlink()

    def _require_folder(self) -> None:
        """A store that was never written to is empty; something else in its place is an error."""
        if self._root.exists() and not self._root.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    def _without_hard_links(self) -> str:
        return (
            f"Cannot write to {self.described()}: its file system has no hard links, without which two runs at once "
            "could overwrite each other's records. Put evidence.store.path in soc2.yaml on another file system"
        )

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"Cannot {doing} in {self.described()}: {error.strerror or error}. "
                "Check evidence.store.path in soc2.yaml, who may write there, and the space on the disk"
            ) from error


def _files(directory: Path) -> Iterator[str]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(directory) as found:
        for entry in found:
            if is_name(entry.name) and entry.is_file():
                yield entry.name


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _make_folder(path: Path) -> None:
    """Make a folder and what is missing above it, for the owner only, so that it outlives a crash."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
