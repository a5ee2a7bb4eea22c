"""What scans and events make of an inbox whose disk goes and comes back."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import hotfolder
from edge.files import Identity
from edge.hotfolder import HotFolder
from tests.edge.hot import wait_for

LONG = 3600.0


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def watching(inbox: Path) -> Iterator[HotFolder]:
    """Takes what events told of: by the slow rule nothing would be finished in time."""
    folder = HotFolder(inbox, LONG, 0.0, lambda _: False, lambda: None)
    yield folder
    folder.close()


def taken(folder: HotFolder) -> bool:
    now = time.monotonic()
    folder.poll(now)
    return folder.take(now) is not None


def is_told_of_files(folder: HotFolder, inbox: Path) -> bool:
    """Whether events come; on a busy machine one may be lost beside a scan, and then another file is written."""
    for number in range(15):
        (inbox / f"{number}.jpg").write_bytes(b"photo")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            if taken(folder):
                return True
    return False


def test_an_inbox_that_went_away_and_came_back_is_watched_again(inbox: Path, watching: HotFolder) -> None:
    inbox.rename(inbox.with_name("away"))
    wait_for(lambda: not taken(watching) and watching.unreachable)
    inbox.mkdir()
    wait_for(lambda: not taken(watching) and not watching.unreachable)
    assert is_told_of_files(watching, inbox)


def test_a_folder_made_anew_between_two_looks_is_watched_again(inbox: Path, watching: HotFolder) -> None:
    watching.poll(time.monotonic())
    inbox.rename(inbox.with_name("away"))
    inbox.mkdir()
    wait_for(lambda: not taken(watching) and time.monotonic() > watching._next_scan)
    watching.poll(time.monotonic())
    assert is_told_of_files(watching, inbox)


def test_a_disk_that_gives_errors_ends_nothing(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that came meanwhile is lost with the look that failed: the file is found by the scan then."""
    watching = HotFolder(inbox, 0.1, 0.0, lambda _: False, lambda: None)
    try:
        (inbox / "a.jpg").write_bytes(b"photo")
        with monkeypatch.context() as patch:

            def dead(_: Path) -> Identity:
                raise OSError(errno.EIO, "Input/output error")

            patch.setattr(hotfolder.Identity, "at", dead)
            for _ in range(3):
                assert not taken(watching)
        wait_for(lambda: taken(watching))
    finally:
        watching.close()
