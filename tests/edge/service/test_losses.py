"""Nothing is lost, whoever else moves, replaces or deletes files at the same time. Real services, real files."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edge.hot import Hot, portrait, wait_for

SOMEBODY = 4242  # another user, whose folders only that user may write
# The service as a user whom file modes bind, be it as root: without a capability.
WITHOUT_POWERS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make another user's folders")


@contextlib.contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Somebody does this, again and again."""
    ending = threading.Event()

    def loop() -> None:
        while not ending.is_set():
            with contextlib.suppress(OSError):
                act()
            time.sleep(0.0005)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


@contextlib.contextmanager
def running(hot: Hot, *within: str) -> Iterator[Hot]:
    hot.start(*within)
    try:
        yield hot
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
            hot.process = None


def others_folder(path: Path) -> Path:
    """A folder of somebody else's, that everybody may read."""
    path.mkdir(mode=0o755)
    os.chown(path, SOMEBODY, SOMEBODY)
    return path


# -- outputs ---------------------------------------------------------------------------------------------------------


def test_a_temporary_that_somebody_deletes_is_no_lost_cut_out(hot: Hot) -> None:
    deleted = 0

    def clean_up() -> None:
        nonlocal deleted
        for path in hot.outbox.glob(".edge-matting-*.tmp"):
            if deleted < 12:
                path.unlink()
                deleted += 1

    for number in range(4):
        hot.drop(f"{number}.jpg", portrait(400))
    with meanwhile(clean_up), running(hot):
        wait_for(lambda: len(hot.files("done")) == 4, hot)
    assert deleted, "nobody was in time: this test has shown nothing"
    assert hot.files("outbox") == {f"{number}.png" for number in range(4)}
    assert hot.files("failed", "inbox") == set()


def test_two_services_that_share_an_outbox_leave_each_others_files_alone(tmp_path: Path) -> None:
    first = Hot(tmp_path / "first")
    with running(first):
        for number in range(12):
            first.drop(f"first-{number}.jpg", portrait(500))
        wait_for(lambda: any(first.outbox.iterdir()), first)
        for round in range(4):  # each start sweeps
            second = Hot(tmp_path / f"second{round}", outbox=first.outbox)
            second.drop(f"second-{round}.jpg", portrait())
            assert second.once().returncode == 0
        wait_for(lambda: len(first.files("done")) == 12, first)
    expected = {f"first-{number}.png" for number in range(12)} | {f"second-{round}.png" for round in range(4)}
    assert first.files("outbox") == expected


# -- originals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("original", ["move", "delete", "move to another disk"])
def test_a_photo_that_takes_anothers_place_in_the_last_moment_is_found_again(tmp_path: Path, original: str) -> None:
    """A replacement is put in place as soon as the first one's cut-out appears, which is when its original leaves."""
    elsewhere = {"done": Path("/dev/shm") / f"{tmp_path.name}-{os.getpid()}"} if original.endswith("disk") else {}
    hot = Hot(tmp_path, f'original = "{original.split()[0]}"\n', **elsewhere)
    rounds, put_in = 8, set[bytes]()

    def replace(number: int, photo: bytes) -> None:
        (hot.root / "replacement").write_bytes(photo)
        end = time.monotonic() + 30
        while not (hot.outbox / f"{number}.png").exists() and time.monotonic() < end:
            pass
        (hot.root / "replacement").rename(hot.inbox / f"{number}.jpg")

    try:
        with running(hot):
            for number in range(rounds):
                photo = portrait(300, quality=50 + number)
                put_in.add(photo)
                hot.drop(f"{number}.jpg", portrait(320, quality=60 + number))
                replace(number, photo)
            wait_for(lambda: hot.files("outbox") == {f"{n}{again}.png" for n in range(rounds) for again in ("", "-2")}, hot)
            wait_for(lambda: not hot.files("inbox"), hot)
        found = {path.read_bytes() for path in hot.folders["done"].iterdir()}
        assert original == "delete" or put_in <= found
        assert hot.files("failed") == set()
    finally:
        for folder in elsewhere.values():
            subprocess.run(["rm", "-rf", str(folder)], check=True)


@needs_root
def test_what_cannot_leave_the_inbox_is_delivered_once_and_refused_once(hot: Hot) -> None:
    """`cp -a party inbox/` by a guest: the service may read the folder, and not write it."""
    party = others_folder(hot.inbox / "party")
    (party / "good.jpg").write_bytes(portrait())
    (party / "bad.jpg").write_bytes(b"no photo at all")
    with running(hot, *WITHOUT_POWERS):
        wait_for(lambda: {"party/good.png"} <= hot.files("outbox") and "party/bad.jpg.json" in hot.files("failed"), hot)
        hot.drop("after.jpg", portrait())
        wait_for(lambda: "after.png" in hot.files("outbox"), hot, seconds=10)
        time.sleep(7)  # it is tried again after 2 and 4 s
        assert hot.files("outbox") == {"party/good.png", "after.png"}
        assert hot.files("failed") == {"party/bad.jpg.json"}
        assert "give the service's user permission" in hot.said()
        os.chown(party, 0, 0)
        wait_for(lambda: hot.files("inbox") == set(), hot)
    assert hot.files("done") == {"party/good.jpg", "after.jpg"}
    assert hot.files("failed") == {"party/bad.jpg", "party/bad.jpg.json"}


# -- folders ---------------------------------------------------------------------------------------------------------


def test_links_in_the_result_folders_are_not_followed(hot: Hot) -> None:
    (hot.outbox / "party").symlink_to(hot.state)
    (hot.done / "party").symlink_to(hot.state)
    hot.drop("party/a.jpg", portrait())
    assert hot.once().returncode == 0
    assert not list(hot.state.glob("a.*"))
    assert "party-2/a.png" in hot.files("outbox") and "party-2/a.jpg" in hot.files("done")


def test_a_second_service_on_the_inbox_is_refused_whatever_its_state_folder(hot: Hot, tmp_path: Path) -> None:
    with running(hot):
        wait_for(lambda: "watching" in hot.said(), hot)
        second = Hot(tmp_path / "second", inbox=hot.inbox)
        result = second.once()
        assert result.returncode == 3 and "already serves the inbox" in result.stderr


def test_the_state_folders_temporaries_are_swept(hot: Hot) -> None:
    left = hot.state / ".edge-matting-0123456789abcdef0123456789abcdef.tmp"
    left.write_bytes(b"half a status")
    os.utime(left, (1e9, 1e9))
    hot.once()
    young = hot.state / ".edge-matting-00000000-0123456789abcdef0123456789abcdef.tmp"
    young.write_bytes(b"somebody's at work")
    hot.once()
    assert young.exists()


def test_an_original_that_a_lost_journal_knew_of_gets_its_name_again(hot: Hot) -> None:
    hot.drop("a.jpg", portrait())
    hot.once()
    import sqlite3

    with contextlib.closing(sqlite3.connect(hot.state / "journal.db")) as journal:
        owner = journal.execute("SELECT name FROM owner").fetchone()[0]
    (hot.inbox / f".edge-matting-{owner}-was-b.jpg.tmp").write_bytes(portrait(300))
    assert hot.once().returncode == 0
    assert hot.files("done") == {"a.jpg", "b.jpg"} and hot.files("outbox") == {"a.png", "b.png"}


def test_a_background_that_vanishes_is_told_and_waited_for(tmp_path: Path) -> None:
    picture = tmp_path / "beach.jpg"
    picture.write_bytes(portrait())
    hot = Hot(tmp_path / "hot", f'[matting]\nbackground = "{picture}"\n')
    with running(hot):
        wait_for(lambda: "ready" in hot.said(), hot)
        picture.rename(tmp_path / "gone.jpg")
        hot.drop("a.jpg", portrait())
        wait_for(lambda: "beach.jpg cannot be opened (No such file or directory): photos wait" in hot.said(), hot)
        wait_for(lambda: '"state": "DEGRADED"' in (hot.state / "status.json").read_text(), hot)
        assert hot.files("outbox") == set() and hot.files("inbox") == {"a.jpg"}
        (tmp_path / "gone.jpg").rename(picture)
        wait_for(lambda: hot.files("outbox") == {"a.png"}, hot)
