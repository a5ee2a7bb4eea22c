"""What the watch makes of the kernel's events: renames by the event alone, links by their time, the rest not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from edge.intake import watch as watch_module
from edge.intake.watch import Watch
from tests.edge.hot import wait_for


class Watched:
    """An inbox with a folder in it under watch, a folder beside it, and all that was told so far."""

    def __init__(self, root: Path) -> None:
        self.inbox, self.outside = root / "inbox", root / "outside"
        (self.inbox / "sub").mkdir(parents=True)
        self.outside.mkdir()
        self.woken = 0
        self.watch = Watch(self.inbox, self._wake)
        self.watch.rescan_wanted()  # the one that every watch begins with
        self.told: list[PurePosixPath] = []

    def _wake(self) -> None:
        self.woken += 1

    def tells(self, name: str) -> bool:
        self.told += self.watch.closed_files()
        return PurePosixPath(name) in self.told


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    it = Watched(tmp_path)
    yield it
    it.watch.close()


@pytest.fixture
def no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told in spite of it is told by an event."""
    monkeypatch.setattr(watch_module, "_OPENED_WITHIN", 3600.0)


@pytest.mark.usefixtures("no_timer")
@pytest.mark.parametrize("source", ["outside", "inbox"])
def test_a_rename_is_told_by_its_event(watched: Watched, source: str) -> None:
    file = getattr(watched, source) / "being-written"
    file.write_bytes(b"photo")
    file.rename(watched.inbox / "sub" / "a.jpg")
    wait_for(lambda: watched.tells("sub/a.jpg"))
    assert watched.woken and watched.watch.next_due() is None


@pytest.mark.usefixtures("no_timer")
def test_a_file_written_in_place_is_told_when_it_is_closed(watched: Watched) -> None:
    with (watched.inbox / "a.jpg").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        (watched.inbox / "b.jpg").write_bytes(b"whole")
        wait_for(lambda: watched.tells("b.jpg"))
        assert not watched.tells("a.jpg")
    wait_for(lambda: watched.tells("a.jpg"))


def test_a_link_is_told_once_its_time_is_over(watched: Watched) -> None:
    """The kernel tells of it as of a file that somebody has made and is about to write."""
    file = watched.outside / "whole.jpg"
    file.write_bytes(b"photo")
    linked = time.monotonic()
    os.link(file, watched.inbox / "a.jpg")
    wait_for(lambda: watched.tells("a.jpg"))
    assert time.monotonic() - linked >= watch_module._OPENED_WITHIN
    assert watched.watch.next_due() is None


@pytest.mark.usefixtures("no_timer")
def test_what_is_renamed_out_of_the_inbox_is_told_of_nobody(watched: Watched) -> None:
    (watched.inbox / "a.jpg").write_bytes(b"photo")
    wait_for(lambda: watched.tells("a.jpg"))
    watched.told.clear()
    (watched.inbox / "a.jpg").rename(watched.outside / "a.jpg")
    (watched.inbox / "sub").rename(watched.outside / "sub")
    (watched.inbox / "after.jpg").write_bytes(b"photo")
    wait_for(lambda: watched.tells("after.jpg"))
    assert watched.told == [PurePosixPath("after.jpg")]
    assert not watched.watch.rescan_wanted() and not watched.watch.is_of_another_folder()


@pytest.mark.usefixtures("no_timer")
def test_a_folder_renamed_into_the_inbox_asks_for_a_scan(watched: Watched) -> None:
    folder = watched.outside / "folder"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"photo")
    folder.rename(watched.inbox / "folder")
    wait_for(watched.watch.rescan_wanted)
