"""What must be remembered across a power cut: attempts, deliveries under way, and inputs that stay where they are.

The queue itself is the inbox; this is only what the folders cannot tell. SQLite in WAL mode with full sync, so that
a record that was written before an action is there after it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath

from edge.delivery.attempts import Attempts
from edge.delivery.delivery import Delivery
from edge.fs.identity import Identity
from edge.fs.temporary import new_owner

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (path BLOB PRIMARY KEY, identity TEXT, crashes INTEGER, interruptions INTEGER);
CREATE TABLE IF NOT EXISTS deliveries (path BLOB PRIMARY KEY, record TEXT);
CREATE TABLE IF NOT EXISTS kept (path BLOB PRIMARY KEY, identity TEXT);
CREATE TABLE IF NOT EXISTS owner (name TEXT PRIMARY KEY);
"""


class Journal:
    """One writer: the supervisor, which holds the state folder's lock. owner: whose the temporaries of this service are.

    Raises (every method):
        sqlite3.Error: the state folder's disk is full or gone.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "journal.db"
        try:
            self._db = _open(path)
        except (sqlite3.DatabaseError, ValueError) as error:
            if "locked" in str(error):
                raise
            # A disk that lied about fsync. The journal's loss can at worst cut a photo twice; to refuse service would
            # cost more.
            fresh = folder / "journal.new"
            _remove(fresh)
            _open(fresh).close()  # raises where it is not the file that is at fault but its disk
            log.warning("the journal is damaged (%s): a new one is begun, the old one kept as journal.damaged", error)
            path.replace(folder / "journal.damaged")
            _remove(path)  # its log would be taken for the new one's
            fresh.replace(path)
            self._db = _open(path)

        self.owner = self._named()

    def close(self) -> None:
        self._db.close()

    def attempts(self, path: PurePosixPath, identity: Identity) -> Attempts:
        """Of this very content; a replaced file starts anew."""
        row = self._db.execute(
            "SELECT crashes, interruptions FROM attempts WHERE path = ? AND identity = ?", (_key(path), str(identity))
        ).fetchone()
        return Attempts(*row) if row else Attempts()

    def note_attempts(self, path: PurePosixPath, identity: Identity, attempts: Attempts) -> None:
        values = (_key(path), str(identity), attempts.crashes, attempts.interruptions)
        self._db.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", values)

    def begin_delivery(self, delivery: Delivery) -> None:
        """From here on the delivery will be completed, by this process or by the next."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO deliveries VALUES (?, ?)", (_key(delivery.path), _sealed(delivery.to_json()))
            )
            self._db.execute("DELETE FROM attempts WHERE path = ?", (_key(delivery.path),))

    def update_delivery(self, delivery: Delivery) -> None:
        """How far a delivery has come that is held up, or what has become of its names."""
        record = _sealed(delivery.to_json())
        self._db.execute("UPDATE deliveries SET record = ? WHERE path = ?", (record, _key(delivery.path)))

    def call_off_delivery(self, path: PurePosixPath) -> None:
        """It will not be completed: the photo is a new input."""
        self._db.execute("DELETE FROM deliveries WHERE path = ?", (_key(path),))

    def end_delivery(self, delivery: Delivery) -> None:
        with self._transaction():
            if delivery.keeps_original:
                self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (_key(delivery.path), str(delivery.identity)))
            self._db.execute("DELETE FROM deliveries WHERE path = ?", (_key(delivery.path),))

    def pending_deliveries(self) -> list[Delivery]:
        """Begun and not ended: at start-up, what a crash left; later, what a full or lost disk holds up."""
        return [Delivery.from_json(_unsealed(row[0])) for row in self._db.execute("SELECT record FROM deliveries")]

    def pending_delivery(self, path: PurePosixPath) -> Delivery | None:
        """The one of that input."""
        row = self._db.execute("SELECT record FROM deliveries WHERE path = ?", (_key(path),)).fetchone()
        return Delivery.from_json(_unsealed(row[0])) if row else None

    def is_kept(self, path: PurePosixPath, identity: Identity) -> bool:
        """Whether this content was cut already and stayed in the inbox."""
        row = self._db.execute("SELECT identity FROM kept WHERE path = ?", (_key(path),)).fetchone()
        return row is not None and row[0] == str(identity)

    def _named(self) -> str:
        """The owner, given once."""
        row = self._db.execute("SELECT name FROM owner").fetchone()
        if row is None:
            row = (new_owner(),)
            self._db.execute("INSERT INTO owner VALUES (?)", row)
        return str(row[0])

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _open(path: Path) -> sqlite3.Connection:
    """The database, whole.

    Raises:
        sqlite3.Error, ValueError: it is not.
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.text_factory = lambda raw: raw.decode(errors="replace")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA cache_size=-512")
        db.executescript(_SCHEMA)
        _check(db)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    """SQLite has no checksums: what a torn page holds is found here, or acted upon."""
    if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise ValueError("its pages do not fit together")
    if _tables(db) != _expected_tables():
        raise ValueError("its tables are not ours")
    numbers = "typeof(crashes) = 'integer' AND typeof(interruptions) = 'integer' AND min(crashes, interruptions) >= 0"
    if db.execute(f"SELECT 1 FROM attempts WHERE NOT ({numbers})").fetchone():
        raise ValueError("a count is no number")
    for (record,) in db.execute("SELECT record FROM deliveries"):
        _unsealed(record)


def _tables(db: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _expected_tables() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_SCHEMA)
        return _tables(db)


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _sealed(record: str) -> str:
    return f"{zlib.crc32(record.encode()):08x} {record}"


def _unsealed(sealed: object) -> str:
    """The record; what it says is done to files without a further question, so not a bit of it may have changed.

    Raises:
        ValueError: it is not what was written.
    """
    record = str(sealed)[9:]
    if sealed != _sealed(record):
        raise ValueError("the record of a delivery was altered")
    return record


def _key(path: PurePosixPath) -> bytes:
    return os.fsencode(str(path))
