from __future__ import annotations

import sqlite3
from pathlib import Path, PurePosixPath

import pytest

from edge.delivery.attempts import Attempts
from edge.delivery.delivery import Delivery, Output
from edge.delivery.journal import Journal
from edge.fs.identity import Identity

PHOTO = PurePosixPath("a.jpg")
IDENTITY = Identity(1, 2, 3)
DELIVERY = Delivery(PHOTO, IDENTITY, (Output(Path("/out/.t"), Path("/out/a.png"), IDENTITY),), Path("/done/a.jpg"))


def written(folder: Path) -> Path:
    """A journal with a delivery under way and an attempt at another photo; its file."""
    journal = Journal(folder)
    journal.begin_delivery(DELIVERY)
    journal.note_attempts(PurePosixPath("b.jpg"), IDENTITY, Attempts(1, 2))
    journal.close()
    return folder / "journal.db"


def altered(path: Path, statement: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(statement)
    db.close()


def begins_anew(folder: Path) -> bool:
    journal = Journal(folder)
    journal.note_attempts(PHOTO, IDENTITY, Attempts(0, 1))
    empty = journal.pending_deliveries() == []
    journal.close()
    return empty and (folder / "journal.damaged").exists()


def test_it_remembers(tmp_path: Path) -> None:
    written(tmp_path)
    journal = Journal(tmp_path)
    assert journal.pending_deliveries() == [DELIVERY]
    assert journal.attempts(PurePosixPath("b.jpg"), IDENTITY) == Attempts(1, 2)
    assert not (tmp_path / "journal.damaged").exists()
    journal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deliveries SET record = replace(record, 'done', 'gone')",
        "UPDATE deliveries SET record = NULL",
        "UPDATE attempts SET crashes = 'many'",
        "ALTER TABLE kept RENAME TO lost",
    ],
)
def test_one_that_holds_what_was_never_written_is_set_aside(tmp_path: Path, statement: str) -> None:
    altered(written(tmp_path), statement)
    assert begins_anew(tmp_path)


@pytest.mark.parametrize("at", [0, 2_000, 4_096, 8_192])
def test_a_torn_one_is_set_aside(tmp_path: Path, at: int) -> None:
    path = written(tmp_path)
    data = bytearray(path.read_bytes())
    data[at : at + 2_500] = b"\xa5" * 2_500
    path.write_bytes(data)
    assert begins_anew(tmp_path)


def test_where_the_disk_is_at_fault_the_journal_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, pytest.raises(sqlite3.OperationalError):
        patch.setattr("edge.delivery.journal.sqlite3.connect", full)
        Journal(tmp_path)
    assert path.read_bytes() == before
