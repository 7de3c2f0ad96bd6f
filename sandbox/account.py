"""The sandbox's Vercel and GitHub account: one SQLite file that outlives every process that uses it.

What the command line and the tests need::

    account = Account.open(sandbox_directory / "account.db")    # made when missing
    account.list()                                   # [AccountObject, ...], secret values redacted
    account.get("vercel:Project/prj_1")              # by address, or by bare id where that is unambiguous
    account.change("prj_1", "gitForkProtection", False)         # out of band: that is how drift is shown
    account.remove("prj_1")                          # with everything that lives below it
    account.count()

Every one of them raises `AccountError` with a message that says what to do. A path is property names
and list positions joined by dots: ``requiredPullRequestReviews.0.requiredApprovingReviewCount``.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from .errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# A property value: JSON, with `Secret` and `WriteOnly` anywhere in it.
Value: TypeAlias = Any

# Named because `Account.list` hides the built-in inside the class.
Addresses: TypeAlias = list[str]

SCHEMA_VERSION = 1
REDACTED = "[secret]"

# Marks in the stored JSON. A write-only value is one the API never gives back; it is not stored at all.
_SECRET_MARK = "$secret"  # noqa: S105
_WRITE_ONLY_MARK = "$writeOnly"

_ACCESS_MEND = "see that the folder exists, is writable and has space"
_BUSY_TIMEOUT_MS = 30_000
# Written into the SQLite header, so that another program's database is told from a damaged account.
_APPLICATION_ID = 0x534F4332
# SQLite takes an empty or very short file for a database without tables.
_SMALLEST_PAGE_BYTES = 512

_TABLES = """
CREATE TABLE objects (
    address TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT,
    urn TEXT,
    confirmed INTEGER NOT NULL DEFAULT 0,
    properties TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX objects_by_parent ON objects (parent);
CREATE INDEX objects_by_urn ON objects (urn);
CREATE TABLE claims (
    claim TEXT PRIMARY KEY,
    address TEXT NOT NULL REFERENCES objects (address) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX claims_by_address ON claims (address);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class AccountError(SandboxError):
    """The account file or a request to it is not usable; the message names it and the mend."""


class NotInAccountError(AccountError):
    """No such object."""


class ClashError(AccountError):
    """Another object already holds a name that must be unique.

    Attributes:
        claim: what both want, e.g. ``project name app``.
        holder: the address of the object that has it.
    """

    def __init__(self, claim: str, holder: str) -> None:
        super().__init__(f"{claim} is taken by {holder}")
        self.claim = claim
        self.holder = holder


@dataclass(frozen=True)
class Secret:
    """A value that is secret; its representation never shows it."""

    value: Value = field(repr=False)


class WriteOnly:
    """Stands where the account holds a value that its API never returns."""

    def __repr__(self) -> str:
        return "WriteOnly()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WriteOnly)

    def __hash__(self) -> int:
        return hash(_WRITE_ONLY_MARK)


@dataclass(frozen=True)
class AccountObject:
    """One object of the account.

    Attributes:
        address: ``<provider>:<Type>/<id>``, unique in the account.
        type: the Pulumi type token.
        id: the id its own API gives it.
        parent: address of the object it lives below and is removed with, or None.
        urn: the Pulumi resource that made it, or None.
        properties: camelCase names to values; `Secret` and `WriteOnly` in what the provider reads,
            `REDACTED` in their place in what `list` and `get` return.
    """

    address: str
    type: str
    id: str
    parent: str | None
    urn: str | None
    properties: dict[str, Value]


def address_of(token: str, object_id: str) -> str:
    """Return the address of an object, e.g. ``vercel:Project/prj_1``."""
    package, _, name = token.split(":")
    return f"{package}:{name}/{object_id}"


class Account:
    """The account of one sandbox; safe to share between threads and between processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.local()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the account file, making it with mode 0600 when there is none.

        Raises:
            AccountError: the file is not a whole account of this version, or cannot be written. It is
                left as it is.
        """
        account = cls(path)
        with account._explained():
            if not path.exists():
                account._lay()
            account._inspect()
        return account

    # What the command line needs.

    def list(self, token: str | None = None) -> list[AccountObject]:
        """Return every object (of one type, if given) ordered by address, secret values redacted."""
        query = "SELECT * FROM objects WHERE ?1 IS NULL OR type = ?1 ORDER BY address"
        with self._explained():
            rows = self._connection().execute(query, (token,)).fetchall()
        return [_object(row, redact=True) for row in rows]

    def get(self, id: str) -> AccountObject:  # noqa: A002 - the account's own word for it
        """Return the object with this address or unambiguous id, secret values redacted.

        Raises:
            NotInAccountError: there is none.
            AccountError: several objects have this id; the message lists their addresses.
        """
        with self._explained():
            return _object(self._row(id), redact=True)

    def count(self) -> int:
        """Return the number of objects."""
        with self._explained():
            return int(self._connection().execute("SELECT count(*) FROM objects").fetchone()[0])

    def change(self, id: str, path: str, value: Value) -> AccountObject:  # noqa: A002
        """Set one property of an object out of band; what was secret stays secret.

        Args:
            id: address or unambiguous id.
            path: property names and list positions joined by dots.
            value: the new JSON value; None removes the property.

        Returns:
            The object after the change, redacted.

        Raises:
            NotInAccountError: no such object.
            AccountError: the path does not lead to a property, or to one the API cannot change.
        """
        with self._explained(), self._transaction() as connection:
            row = self._row(id)
            properties = json.loads(row["properties"])
            _assign(properties, path, value, row["address"])
            connection.execute(
                "UPDATE objects SET properties = ? WHERE address = ?",
                (_dump(properties), row["address"]),
            )
            return _object(self._row(row["address"]), redact=True)

    def remove(self, id: str) -> Addresses:  # noqa: A002
        """Delete an object and all that lives below it; return the addresses that are gone.

        Raises:
            NotInAccountError: no such object.
        """
        with self._explained(), self._transaction() as connection:
            return _remove(connection, self._row(id)["address"])

    # What the providers need.

    def read(self, address: str) -> AccountObject | None:
        """Return the object with its `Secret` values, or None."""
        with self._explained():
            row = self._connection().execute("SELECT * FROM objects WHERE address = ?", (address,)).fetchone()
        return _object(row, redact=False) if row else None

    def create(
        self,
        token: str,
        object_id: str,
        properties: Mapping[str, Value],
        *,
        claims: Iterable[str] = (),
        parent: str | None = None,
        urn: str | None = None,
        overwrite: bool = False,
    ) -> str:
        """Store a new object in one transaction and return its address.

        An object that the same Pulumi resource made before, and that the engine was not seen to know of
        since, is removed first: its create was interrupted between the account and the engine's state.

        Args:
            token: Pulumi type token.
            object_id: the id its API gives it.
            properties: values, with `Secret` and `WriteOnly` in them.
            claims: names that no other object may hold.
            parent: address of the object it lives below.
            urn: the Pulumi resource that makes it.
            overwrite: whether an object with this id is overwritten, as a PUT does.

        Raises:
            ClashError: a claim or the id is taken.
            NotInAccountError: the parent does not exist.
        """
        address = address_of(token, object_id)
        with self._explained(), self._transaction() as connection:
            if parent is not None and not _exists(connection, parent):
                raise NotInAccountError(f"{parent} does not exist")
            if urn is not None:
                # What an interrupted create of the same resource left, and the engine never heard of.
                orphans = connection.execute(
                    "SELECT address FROM objects WHERE urn = ? AND type = ? AND confirmed = 0", (urn, token)
                ).fetchall()
                for orphan in orphans:
                    _remove(connection, orphan["address"])
            _take_claims(connection, address, claims)
            if not overwrite and _exists(connection, address):
                raise ClashError(f"id {object_id}", address)
            connection.execute(
                "INSERT INTO objects (address, type, id, parent, urn, properties) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (address) DO UPDATE SET"
                " parent = excluded.parent, urn = excluded.urn, properties = excluded.properties",
                (address, token, object_id, parent, urn, _dump(_stored(dict(properties)))),
            )
            _write_claims(connection, address, claims)
        return address

    def update(self, address: str, properties: Mapping[str, Value], *, claims: Iterable[str] = ()) -> None:
        """Replace an object's properties and claims in one transaction.

        Raises:
            NotInAccountError: no such object.
            ClashError: a claim is taken by another object.
        """
        with self._explained(), self._transaction() as connection:
            if not _exists(connection, address):
                raise NotInAccountError(f"{address} does not exist")
            _take_claims(connection, address, claims)
            connection.execute(
                "UPDATE objects SET properties = ?, confirmed = 1 WHERE address = ?",
                (_dump(_stored(dict(properties))), address),
            )
            connection.execute("DELETE FROM claims WHERE address = ?", (address,))
            _write_claims(connection, address, claims)

    def delete(self, address: str) -> bool:
        """Delete an object and all that lives below it; return whether it was there."""
        with self._explained(), self._transaction() as connection:
            return bool(_remove(connection, address)) if _exists(connection, address) else False

    def exists(self, address: str) -> bool:
        """Return whether there is an object with this address."""
        with self._explained():
            return _exists(self._connection(), address)

    def find(self, token: str, properties: Mapping[str, Value]) -> AccountObject | None:
        """Return the first object of a type whose top-level properties have these values, or None."""
        tests = "".join(f" AND json_extract(properties, '$.{name}') = ?" for name in properties)
        # The names come from the providers' own tables, the values are bound.
        query = f"SELECT * FROM objects WHERE type = ?{tests} ORDER BY address LIMIT 1"  # noqa: S608
        with self._explained():
            row = self._connection().execute(query, (token, *properties.values())).fetchone()
        return _object(row, redact=False) if row else None

    def next_number(self, counter: str) -> int:
        """Return the next number of a sequence that starts at 1."""
        with self._explained(), self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (counter,),
            ).fetchone()
        return int(row[0])

    def unconfirmed(self) -> dict[str, str]:
        """Return address to URN of the objects whose creation the engine has not been seen to know of."""
        query = "SELECT address, urn FROM objects WHERE confirmed = 0 AND urn IS NOT NULL"
        with self._explained():
            return dict(self._connection().execute(query).fetchall())

    def confirm(self, addresses: Sequence[str]) -> None:
        """Record that the engine has these objects in its state."""
        with self._explained(), self._transaction() as connection:
            connection.executemany(
                "UPDATE objects SET confirmed = 1 WHERE address = ?", [(address,) for address in addresses]
            )

    def close(self) -> None:
        """Close this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            connection.close()
            self._threads.connection = None

    def _lay(self) -> None:
        # Laid beside its place and linked there: no process ever sees a half-made account, and of two
        # that start together one wins and both use its file.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        os.close(handle)
        draft = Path(name)
        try:
            with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
                connection.executescript(
                    f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
                    f"PRAGMA journal_mode = WAL; {_TABLES}"
                )
            with suppress(FileExistsError):
                self.path.hardlink_to(draft)
        finally:
            draft.unlink()

    def _inspect(self) -> None:
        # Never open the file but through SQLite: closing any descriptor of it gives up the locks that all
        # connections of this process hold, and another process then takes their log away.
        if self.path.stat().st_size < _SMALLEST_PAGE_BYTES:
            raise self._damaged("it is no SQLite file")
        connection = self._connection()
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if application != _APPLICATION_ID:
            raise self._damaged("it belongs to another program")
        if version != SCHEMA_VERSION:
            raise self._damaged(f"it has layout {version}, this version reads layout {SCHEMA_VERSION}")
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise self._damaged("its pages do not fit together")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            # mode=rw: a file removed under a running process must not come back as an empty one.
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=_BUSY_TIMEOUT_MS / 1000,
                isolation_level=None,
            )
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            # NORMAL keeps the file whole through any crash of a process; only a power cut can lose
            # the last transactions.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._threads.connection = connection
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        # IMMEDIATE takes the write lock at once: a deferred one can fail to upgrade under parallel calls.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            reason = str(error)
            if "malformed" in reason or "no such" in reason:
                raise self._damaged(reason) from error
            raise self._unusable(reason) from error
        except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
            raise self._damaged(str(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise self._unusable(reason) from error

    def _unusable(self, reason: str) -> AccountError:
        return AccountError(f"{self.path}: the account cannot be used ({reason}); {_ACCESS_MEND}")

    def _damaged(self, reason: str) -> AccountError:
        return AccountError(
            f"{self.path}: the account file is damaged ({reason}); it was left as it is. "
            "Put a copy back, or start with an empty account: `make clean-sandbox`"
        )

    def _row(self, reference: str) -> sqlite3.Row:
        connection = self._connection()
        row: sqlite3.Row | None = connection.execute("SELECT * FROM objects WHERE address = ?", (reference,)).fetchone()
        if row is not None:
            return row
        rows = connection.execute("SELECT * FROM objects WHERE id = ? ORDER BY address", (reference,)).fetchall()
        if len(rows) == 1:
            found: sqlite3.Row = rows[0]
            return found
        if rows:
            addresses = ", ".join(found["address"] for found in rows)
            raise AccountError(f"{reference} is the id of several objects, give one address: {addresses}")
        raise NotInAccountError(f"{reference} is not in the account; list it to see what is")


def _exists(connection: sqlite3.Connection, address: str) -> bool:
    return connection.execute("SELECT 1 FROM objects WHERE address = ?", (address,)).fetchone() is not None


def _take_claims(connection: sqlite3.Connection, address: str, claims: Iterable[str]) -> None:
    for claim in claims:
        row = connection.execute("SELECT address FROM claims WHERE claim = ?", (claim,)).fetchone()
        if row is not None and row["address"] != address:
            raise ClashError(claim, row["address"])


def _write_claims(connection: sqlite3.Connection, address: str, claims: Iterable[str]) -> None:
    connection.executemany(
        "INSERT INTO claims VALUES (?, ?) ON CONFLICT (claim) DO NOTHING",
        [(claim, address) for claim in claims],
    )


def _remove(connection: sqlite3.Connection, address: str) -> list[str]:
    below = connection.execute(
        "WITH RECURSIVE below (address) AS (VALUES (?) UNION"
        " SELECT objects.address FROM objects JOIN below ON objects.parent = below.address)"
        " SELECT address FROM below",
        (address,),
    ).fetchall()
    connection.executemany("DELETE FROM objects WHERE address = ?", below)
    return [row["address"] for row in below]


def _object(row: sqlite3.Row, *, redact: bool) -> AccountObject:
    properties = _revived(json.loads(row["properties"]), redact=redact)
    return AccountObject(row["address"], row["type"], row["id"], row["parent"], row["urn"], properties)


def _dump(properties: Mapping[str, Value]) -> str:
    return json.dumps(properties, ensure_ascii=False, separators=(",", ":"))


def _stored(value: Value) -> Value:
    if isinstance(value, Secret):
        return {_SECRET_MARK: _stored(value.value)}
    if isinstance(value, WriteOnly):
        return {_WRITE_ONLY_MARK: True}
    if isinstance(value, dict):
        return {name: _stored(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_stored(item) for item in value]
    return value


def _revived(value: Value, *, redact: bool) -> Value:
    if isinstance(value, dict):
        if value.keys() == {_SECRET_MARK}:
            return REDACTED if redact else Secret(_revived(value[_SECRET_MARK], redact=False))
        if value.keys() == {_WRITE_ONLY_MARK}:
            return REDACTED if redact else WriteOnly()
        return {name: _revived(item, redact=redact) for name, item in value.items()}
    if isinstance(value, list):
        return [_revived(item, redact=redact) for item in value]
    return value


def _assign(properties: dict[str, Value], path: str, value: Value, address: str) -> None:
    *steps, last = path.split(".")
    holder: Value = properties
    for position, step in enumerate(steps):
        holder = _child(holder, step, address, ".".join(steps[: position + 1]))
        if isinstance(holder, dict) and holder.keys() == {_SECRET_MARK}:
            holder = holder[_SECRET_MARK]
    if isinstance(holder, list):
        _child(holder, last, address, path)
        index = int(last)
        if value is None:
            del holder[index]
        else:
            holder[index] = _like(holder[index], value, address, path)
        return
    if not isinstance(holder, dict):
        raise AccountError(f"{address} has no property {path}")
    if value is None:
        holder.pop(last, None)
    else:
        holder[last] = _like(holder.get(last), value, address, path)


def _child(holder: Value, step: str, address: str, path: str) -> Value:
    try:
        return holder[int(step)] if isinstance(holder, list) else holder[step]
    except (KeyError, IndexError, ValueError, TypeError):
        raise AccountError(f"{address} has no property {path}") from None


def _like(old: Value, new: Value, address: str, path: str) -> Value:
    if isinstance(old, dict) and old.keys() == {_SECRET_MARK}:
        return {_SECRET_MARK: new}
    if isinstance(old, dict) and old.keys() == {_WRITE_ONLY_MARK}:
        raise AccountError(
            f"{address}: {path} is write-only, its value cannot be read back, so a change would not show"
        )
    return new
