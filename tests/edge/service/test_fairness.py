"""One guest's files hold up nobody else's: a good photo that comes after many bad ones is cut at once."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.service.test_losses import WITHOUT_POWERS, needs_root, others_folder, running

MANY = 150  # more than are looked at at once
SOON = 20.0  # seconds; the settle time, a worker and a busy machine are in it; all of them would take minutes


def good_photo_is_cut_soon(hot: Hot, name: str = "good") -> None:
    hot.drop(f"{name}.jpg", portrait())
    wait_for(lambda: f"{name}.png" in hot.files("outbox"), hot, seconds=SOON)


def long_suffixes(inbox: Path) -> None:
    for number in range(MANY):
        (inbox / f"{number:03d}.{'e' * 245}").write_bytes(b"not a photo")


def profile_bombs(inbox: Path) -> None:
    bombs = ["a." * 32_000 + "a = 1", "\n".join(f"key{n} = {n}" for n in range(6_000)), "a = " + "[" * 60_000, "x" * 65_000]
    for number in range(MANY):
        folder = inbox / f"guest{number}"
        folder.mkdir()
        (folder / "edge-matting.toml").write_text(bombs[number % len(bombs)])
        (folder / "a.jpg").write_bytes(portrait(64))


def small_profile_bombs(inbox: Path) -> None:
    """As long as a profile may be."""
    bombs = ["a." * 2_000 + "a = 1", "\n".join(f"k{n:03d} = {n}" for n in range(380)), "a = " + "[" * 4_000]
    for number in range(MANY):
        folder = inbox / f"guest{number}"
        folder.mkdir()
        (folder / "edge-matting.toml").write_text(bombs[number % len(bombs)])
        (folder / "a.jpg").write_bytes(portrait(64))


@pytest.mark.parametrize("put_in", [long_suffixes, profile_bombs, small_profile_bombs])
def test_files_that_cannot_be_cut_end_in_failed_and_hold_up_nobody(hot: Hot, put_in: Callable[[Path], None]) -> None:
    put_in(hot.inbox)
    with running(hot):
        wait_for(lambda: len([name for name in hot.files("failed") if name.endswith(".json")]) >= MANY, hot)
        good_photo_is_cut_soon(hot)
        wait_for(lambda: all(name.endswith("edge-matting.toml") for name in hot.files("inbox")), hot)
        assert max(path.stat().st_size for path in hot.folders["failed"].rglob("*.json")) < 8192


def test_a_run_over_names_that_leave_no_room_for_a_reason_ends(hot: Hot) -> None:
    long_suffixes(hot.inbox)
    hot.drop("good.jpg", portrait())
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"good.png"} and hot.files("inbox") == set()
    reasons = [json.loads((hot.folders["failed"] / name).read_text()) for name in hot.files("failed") if ".json" in name]
    assert len(reasons) == MANY


@needs_root
def test_a_folder_of_the_outbox_that_may_not_be_written_holds_up_its_own_photos(hot: Hot) -> None:
    others_folder(hot.outbox / "party")
    (hot.inbox / "party").mkdir()
    for number in range(MANY):
        photo = hot.inbox / "party" / f"{number:03d}.jpg"
        photo.write_bytes(portrait(200))
        os.utime(photo, (1e9 + number, 1e9 + number))
    with running(hot, *WITHOUT_POWERS):
        wait_for(lambda: "waits by itself" in hot.said(), hot)
        good_photo_is_cut_soon(hot)
        time.sleep(3)  # by now the first of them are tried again
        good_photo_is_cut_soon(hot, "another")
        wait_for(lambda: "cannot be delivered, the others go on" in (hot.state / "status.json").read_text(), hot)
        assert hot.files("failed") == set()
        os.chown(hot.outbox / "party", 0, 0)
        wait_for(lambda: len(hot.files("outbox")) == MANY + 2, hot, seconds=120)


def test_files_that_never_stand_still_make_room_for_one_that_does(hot: Hot) -> None:
    restless = [hot.inbox / f"{number:03d}.jpg" for number in range(MANY)]
    with running(hot):
        wait_for(lambda: "ready" in hot.said(), hot)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            for number, path in enumerate(restless):
                os.utime(path, (1e9 + number, time.time())) if path.exists() else path.write_bytes(b"growing")
            time.sleep(0.05)
        (hot.inbox / "good.jpg").write_bytes(portrait())
        stop = time.monotonic() + SOON
        while "good.png" not in hot.files("outbox"):
            assert time.monotonic() < stop, hot.said()
            for number, path in enumerate(restless):
                if path.exists():
                    os.utime(path, (1e9 + number, time.time()))
            time.sleep(0.05)


def test_a_profile_changes_all_of_matting(hot: Hot) -> None:
    (hot.inbox / "ids").mkdir()
    (hot.inbox / "ids" / "edge-matting.toml").write_text('mask = true\ncrop = 0.1\ncolours = "srgb"\nformat = "jpg"\n')
    hot.drop("ids/a.jpg", portrait())
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"ids/a.jpg", "ids/a.alpha.png"}


def test_a_profiles_words_steer_no_terminal(hot: Hot) -> None:
    (hot.inbox / "guest").mkdir()
    (hot.inbox / "guest" / "edge-matting.toml").write_text('"\\u001b]0;owned\\u0007" = 1\n')
    hot.drop("guest/a.jpg", portrait())
    result = hot.once()
    status = (hot.state / "status.json").read_text()
    assert "\x1b" not in result.stderr and "\\u001b" not in status.replace("\\\\", "") and "owned" in result.stderr


def test_a_writer_that_pauses_is_waited_for(hot: Hot) -> None:
    """A camera's FTP server opens the file, and its radio pauses: longer than a file has to stand still."""
    photo = portrait(700)
    with running(hot):
        wait_for(lambda: "ready" in hot.said(), hot)
        with (hot.inbox / "slow.jpg").open("wb") as file:
            for start in range(0, len(photo), len(photo) // 3 + 1):
                time.sleep(1.5)
                file.write(photo[start : start + len(photo) // 3 + 1])
                file.flush()
            time.sleep(1.5)
            assert hot.files("failed", "outbox") == set()
        wait_for(lambda: hot.files("outbox") == {"slow.png"}, hot, seconds=SOON)
    assert hot.files("failed") == set()
