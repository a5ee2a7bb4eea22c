"""Bytes of the journal's database, or of a delivery's record in it -> recovery: no file is lost, the service starts.

The input's first byte says which: 0 the database, 1 its write-ahead log, else the record.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path, PurePosixPath

from edge.delivery.attempts import Attempts
from edge.delivery.delivery import Delivery, Output
from edge.delivery.journal import Journal, _sealed
from edge.delivery.outbox import Outbox
from edge.fs.identity import Identity
from edge.fs.temporary import written
from tests.faults.dying import folders

LONGEST = 20_000
WORDS = [b'"path"', b'"outputs"', b'"original"', b"null", b'"keeps_original"', b"true", b"../", b"deliveries", b"attempts"]
_PHOTO = PurePosixPath("sub/a.jpg")
_CONTENT = {
    Path("inbox/sub/a.jpg"): b"photo",
    Path("inbox/b.jpg"): b"another photo",
    Path("outbox/a.png"): b"an older cut-out",
    Path("done/a.jpg"): b"an older photo",
    Path("failed/x.jpg"): b"a refused photo",
}


def seeds() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        delivery = _prepared(root)
        journal = Journal(root / "state")
        journal.note_attempts(_PHOTO, delivery.identity, Attempts(1, 2))
        log = (root / "state" / "journal.db-wal").read_bytes()
        journal.begin_delivery(delivery)
        journal.close()
        return {
            "database": b"\0" + _small(root / "state" / "journal.db"),
            "log": b"\1" + log[:16_000],
            "record": b"\2" + _sealed(delivery.to_json())[:-1].encode(),
        }


def one(data: bytes) -> None:
    root = Path(tempfile.gettempdir(), "fuzzed-journal")
    shutil.rmtree(root, ignore_errors=True)
    delivery = _prepared(root)
    _plant(root / "state", data[:1], data[1:])
    for _ in range(2):
        journal = Journal(root / "state")
        assert Outbox(folders(root, "move"), journal).recover() == set()
        attempts = journal.attempts(_PHOTO, delivery.identity)
        assert attempts.interrupted().exhausted in (True, False) and attempts.crashed().alone
        journal.is_kept(_PHOTO, delivery.identity)
        journal.note_attempts(_PHOTO, delivery.identity, Attempts(1, 0))
        journal.begin_delivery(delivery)
        journal.end_delivery(delivery)
        assert journal.pending_deliveries() == []
        journal.close()
    found = sorted(path.read_bytes() for path in root.rglob("*") if path.is_file() and path.parent.name != "state")
    assert all(content in found for content in _CONTENT.values()), found


def _prepared(root: Path) -> Delivery:
    """Folders with photos of several fates, and a delivery under way."""
    for name in ("inbox/sub", "outbox/sub", "done", "failed", "no_person", "state"):
        (root / name).mkdir(parents=True)
    for path, content in _CONTENT.items():
        (root / path).write_bytes(content)
    identity = Identity.at(root / "inbox" / _PHOTO)
    assert identity is not None
    temporary = written(b"cut-out", root / "outbox" / "sub")
    return Delivery(_PHOTO, identity, (Output.of(temporary, root / "outbox/sub/a.png"),), root / "done/sub/a.jpg")


def _plant(state: Path, which: bytes, data: bytes) -> None:
    if which == b"\0":
        (state / "journal.db").write_bytes(data)
        return
    Journal(state).close()
    if which == b"\1":
        (state / "journal.db-wal").write_bytes(data)
        return
    text = data.decode(errors="replace")
    if text == _sealed(text[9:]):
        text = ""  # the search reads the right checksum off the comparison, which no torn disk can
    with sqlite3.connect(state / "journal.db") as db:
        db.execute("INSERT INTO deliveries VALUES (?, ?)", (b"sub/a.jpg", text))
    db.close()


def _small(path: Path) -> bytes:
    """The database in pages of 512 bytes."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=DELETE")
    db.execute("PRAGMA page_size=512")
    db.execute("VACUUM")
    db.execute("PRAGMA journal_mode=WAL")
    db.close()
    return path.read_bytes()
