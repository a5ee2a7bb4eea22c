"""What must be remembered across a power cut: attempts, deliveries under way, and inputs that stay where they are.

The queue itself is the inbox; this is only what the folders cannot tell. SQLite in WAL mode with full sync, so that
a record that was written before an action is there after it.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path, PurePosixPath

from edge.delivery import Delivery
from edge.files import Identity
from edge.retry import Attempts

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (path BLOB PRIMARY KEY, identity TEXT, crashes INTEGER, interruptions INTEGER);
CREATE TABLE IF NOT EXISTS deliveries (path BLOB PRIMARY KEY, record TEXT);
CREATE TABLE IF NOT EXISTS kept (path BLOB PRIMARY KEY, identity TEXT);
"""


class Journal:
    """One writer: the supervisor, which holds the state folder's lock.

    Raises (every method):
        sqlite3.Error: the state folder's disk is full or gone.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.db"
        try:
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            # Not a database any more (a disk that lied about fsync). Its loss can at worst cut a photo twice; to
            # refuse service would cost more. The torn file is kept for a person to look at.
            self._path.replace(folder / "journal.damaged")
            self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA cache_size=-512")
        db.executescript(_SCHEMA)
        return db

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
            self._db.execute("INSERT OR REPLACE INTO deliveries VALUES (?, ?)", (_key(delivery.path), delivery.to_json()))
            self._db.execute("DELETE FROM attempts WHERE path = ?", (_key(delivery.path),))

    def end_delivery(self, delivery: Delivery) -> None:
        with self._transaction():
            if delivery.keeps_original:
                self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (_key(delivery.path), str(delivery.identity)))
            self._db.execute("DELETE FROM deliveries WHERE path = ?", (_key(delivery.path),))

    def pending_deliveries(self) -> list[Delivery]:
        """Begun and not ended: at start-up, what a crash left; later, what a full or lost disk holds up."""
        return [Delivery.from_json(row[0]) for row in self._db.execute("SELECT record FROM deliveries")]

    def is_kept(self, path: PurePosixPath, identity: Identity) -> bool:
        """Whether this content was cut already and stayed in the inbox."""
        row = self._db.execute("SELECT identity FROM kept WHERE path = ?", (_key(path),)).fetchone()
        return row is not None and row[0] == str(identity)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _key(path: PurePosixPath) -> bytes:
    return os.fsencode(str(path))
