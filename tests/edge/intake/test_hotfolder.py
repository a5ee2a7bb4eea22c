"""What scans and events make of an inbox whose disk goes and comes back."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.fs.identity import Identity
from edge.intake import watch
from edge.intake.hotfolder import HotFolder
from tests.edge.hot import Hot, portrait, wait_for

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


def test_an_inbox_that_went_away_and_came_back_is_watched_again(inbox: Path, watching: HotFolder) -> None:
    inbox.rename(inbox.with_name("away"))
    wait_for(lambda: not taken(watching) and watching.unreachable)
    inbox.mkdir()
    wait_for(lambda: not taken(watching) and not watching.unreachable)
    (inbox / "a.jpg").write_bytes(b"photo")
    wait_for(lambda: taken(watching))


def test_a_folder_made_anew_between_two_looks_is_watched_again(inbox: Path, watching: HotFolder) -> None:
    watching.poll(time.monotonic())
    inbox.rename(inbox.with_name("away"))
    inbox.mkdir()
    assert watching.drained(time.monotonic())
    (inbox / "a.jpg").write_bytes(b"photo")
    wait_for(lambda: taken(watching))


def test_a_folder_deleted_and_made_anew_is_watched_again(inbox: Path, watching: HotFolder) -> None:
    """Its inode may be the one of the deleted folder, which the kernel tells of only by an event."""
    watching.poll(time.monotonic())
    inbox.rmdir()
    inbox.mkdir()

    def is_told_of_a_file() -> bool:
        (inbox / "a.jpg").write_bytes(b"photo")
        return taken(watching)

    wait_for(is_told_of_a_file)


def test_a_disk_unmounted_and_mounted_between_two_looks_is_watched_again(tmp_path: Path) -> None:
    """To `stat` it is the same folder; a real file system is mounted, in a mount namespace of the test's own."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow user namespaces with mounts")
    script = Path(__file__).with_name("remount.py")
    command = ["unshare", "-rm", sys.executable, str(script), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_where_the_kernel_gives_no_more_watches_the_scans_do_it(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-r", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow user namespaces")
    hot = Hot(tmp_path)
    hot.drop("a.jpg", portrait())
    limit = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"'
    command = ["unshare", "-r", "sh", "-c", limit, "sh", *hot.command("--once")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert result.returncode == 0, result.stderr
    assert "no file events for the inbox" in result.stderr
    assert hot.files("outbox") == {"a.png"}


def test_a_folder_that_may_not_be_read_is_told_of_once(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Root may read everything, so the refusal is put in."""
    shut = inbox / "shut"
    shut.mkdir()
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path) == shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    watching = HotFolder(inbox, 0.1, 0.0, lambda _: False, lambda: None)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", scandir)
            for _ in range(3):
                assert watching.drained(time.monotonic())
        assert [record.levelname for record in caplog.records if "shut in the inbox may not be read" in record.message] == [
            "ERROR"
        ]
        assert not watching.unreachable
    finally:
        watching.close()


def test_a_disk_that_gives_errors_ends_nothing(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that came meanwhile is lost with the look that failed: the file is found by the scan then."""
    watching = HotFolder(inbox, 0.1, 0.0, lambda _: False, lambda: None)
    try:
        (inbox / "a.jpg").write_bytes(b"photo")
        with monkeypatch.context() as patch:

            def dead(_: Path) -> Identity:
                raise OSError(errno.EIO, "Input/output error")

            patch.setattr(Identity, "at", dead)
            for _ in range(3):
                assert not taken(watching)
        wait_for(lambda: taken(watching))
    finally:
        watching.close()


def test_a_file_renamed_into_the_inbox_is_taken_without_a_wait(
    inbox: Path, watching: HotFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_OPENED_WITHIN", LONG)
    watching.poll(time.monotonic())  # the first scan
    written = inbox.with_name("being-written")
    written.write_bytes(b"photo")
    written.rename(inbox / "a.jpg")
    wait_for(lambda: taken(watching))
