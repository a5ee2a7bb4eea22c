"""Which finished photos are removed, and that nothing else ever is."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from edge.config.retention import Retention
from edge.config.types import HotFolders
from edge.fs.identity import Identity
from edge.storage import pruner
from edge.storage.finished_files import finished_files, remove
from edge.storage.pruner import Pruner
from edge.storage.retention import Choice, Kept
from tests.edge.hot import Hot, portrait, wait_for

DAY = 86400.0
EVERYTHING = Retention(done_days=0, failed_days=0, no_person_days=0, outbox_days=0)


def kept(name: str, since: float, size: int = 10) -> Kept:
    return Kept(Path("/done"), PurePosixPath(name), Identity(1, size, 0), since, size)


def names(to_remove: list[Kept]) -> list[str]:
    return [str(each.path) for each in to_remove]


def test_what_is_too_old_goes_and_what_came_from_the_future_stays() -> None:
    choice = Choice(now=100 * DAY, most=9)
    for since in (69, 71, 70, 101, 0):
        choice.see(kept(str(since), since * DAY), 30)
    choice.see(kept("never", 0), None)
    assert names(choice.to_remove(0)) == ["0", "69"]


def test_room_is_made_from_the_oldest_on_and_no_more_than_is_missing() -> None:
    choice = Choice(now=100.0, most=9)
    for since in (5, 1, 4, 2, 3):
        choice.see(kept(str(since), since), None)
    assert names(choice.to_remove(25)) == ["1", "2", "3"]
    assert names(choice.to_remove(1000)) == ["1", "2", "3", "4", "5"]
    assert names(choice.to_remove(0)) == []


def test_what_is_too_old_counts_towards_the_room() -> None:
    choice = Choice(now=100 * DAY, most=9)
    choice.see(kept("old", 0), 1)
    choice.see(kept("new", 99.5 * DAY), 1)
    assert names(choice.to_remove(10)) == ["old"]
    assert names(choice.to_remove(11)) == ["old", "new"]


def test_of_a_hundred_thousand_only_the_oldest_few_are_remembered() -> None:
    choice = Choice(now=1e9, most=3)
    for number in range(100_000):
        choice.see(kept(str(number), float(number * 7919 % 100_000)), None)
    assert [each.since for each in choice.to_remove(10**9)] == [0.0, 1.0, 2.0]
    assert not choice.more


@pytest.fixture
def folders(tmp_path: Path) -> HotFolders:
    names = ("inbox", "outbox", "done", "failed", "no-person", "backgrounds", "state")
    inbox, outbox, done, failed, no_person, backgrounds, state = (tmp_path / name for name in names)
    for folder in (inbox, outbox, done, failed, no_person, backgrounds, state):
        folder.mkdir()
    return HotFolders(inbox, outbox, done, failed, no_person, backgrounds, state)


def put(path: Path, size: int = 5000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def pruned(
    folders: HotFolders,
    retention: Retention = EVERYTHING,
    missing: int = 0,
    protected: Callable[[], set[Path]] = set,
    *,
    records: bool = False,
) -> list[int]:
    """One whole look; how many files it says it removed."""
    time.sleep(0.02)  # the clock of files ticks slower than ours
    counts: list[int] = []
    tested = Pruner(folders, retention, protected, lambda files, _: counts.append(files), records=records)
    tested.poll(1.0, {folders.outbox.stat().st_dev: missing} if missing else {})
    while tested.busy:
        tested.poll(1.0, {})
    return counts


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_finished_photos_go_with_their_folders_and_nothing_else_does(folders: HotFolders, tmp_path: Path) -> None:
    put(folders.done / "party" / "deep" / "a.jpg")
    put(folders.outbox / "a.png")
    stays = [put(folders.inbox / "a.jpg"), put(folders.state / "journal.db"), put(folders.backgrounds / "beach.jpg")]
    stays += [put(folders.done / ".hidden.jpg"), put(folders.outbox / ".edge-matting-1.tmp"), put(folders.done / "b.jpg.part")]
    outside = put(tmp_path / "outside" / "precious.jpg")
    (folders.done / "link.jpg").symlink_to(outside)
    (folders.done / "linked").symlink_to(outside.parent)
    os.mkfifo(folders.done / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folders.done / "socket"))
        assert sum(pruned(folders)) == 2
    assert all(path.exists() for path in [*stays, outside])
    assert left(folders.done) == {".hidden.jpg", "b.jpg.part", "link.jpg", "linked", "pipe.jpg", "socket"}
    assert left(folders.outbox) == {".edge-matting-1.tmp"}


def test_each_folder_has_its_own_days(folders: HotFolders) -> None:
    for folder in (folders.done, folders.failed, folders.no_person, folders.outbox):
        put(folder / "a.jpg")
    assert pruned(folders, Retention(failed_days=0, done_days=1)) == [1]
    assert [left(each) for each in (folders.done, folders.failed, folders.no_person, folders.outbox)] == [
        {"a.jpg"},
        set(),
        {"a.jpg"},
        {"a.jpg"},
    ]


def test_room_is_made_from_what_came_first_whatever_the_date_of_the_photo(folders: HotFolders) -> None:
    for number, folder in enumerate([folders.done, folders.outbox, folders.failed]):
        path = put(folder / f"{number}.jpg", 8192)
        os.utime(path, (9e8 - number, 9e8 - number))
        time.sleep(0.02)
    assert sum(pruned(folders, Retention(), missing=8193)) == 2
    assert left(folders.done) == left(folders.outbox) == set()
    assert left(folders.failed) == {"2.jpg"}


def test_a_refused_photo_and_its_reason_go_together(folders: HotFolders) -> None:
    put(folders.failed / "a.jpg.json", 100)
    time.sleep(0.02)
    put(folders.failed / "a.jpg", 8192)
    time.sleep(0.02)
    put(folders.failed / "b.jpg.json", 100)
    pruned(folders, Retention(), missing=1)
    assert left(folders.failed) == {"a.jpg", "a.jpg.json", "b.jpg.json"}, "the oldest is only the reason"
    pruned(folders, Retention(), missing=8192)
    assert left(folders.failed) == {"b.jpg.json"}
    pruned(folders)
    assert left(folders.failed) == set(), "a reason whose photo stayed in the inbox"


def test_a_cut_out_and_the_json_beside_it_go_together(folders: HotFolders) -> None:
    put(folders.outbox / "a.json", 100)
    time.sleep(0.02)
    put(folders.outbox / "a.png", 8192)
    put(folders.done / "a.json", 8192)
    pruned(folders, Retention(), missing=1, records=True)
    assert left(folders.outbox) == {"a.json", "a.png"}, "the oldest is only the JSON"
    pruned(folders, Retention(), missing=8192, records=True)
    assert left(folders.outbox) == set() and left(folders.done) == {"a.json"}
    put(folders.outbox / "b.json", 100)
    pruned(folders, records=True)
    assert left(folders.outbox) == set(), "a JSON whose cut-out was fetched"


def test_without_jsons_of_ours_another_programs_is_a_file_like_any_other(folders: HotFolders) -> None:
    put(folders.outbox / "a.png", 8192)
    time.sleep(0.02)
    put(folders.outbox / "a.json", 100)
    pruned(folders, Retention(), missing=1)
    assert left(folders.outbox) == {"a.json"}


def test_folders_of_ours_within_each_other_keep_their_own_rules(tmp_path: Path) -> None:
    out = tmp_path / "out"
    folders = HotFolders(tmp_path / "in", out, out / "done", out / "failed", out / "none", out / "backgrounds", out / "state")
    paths = [put(folder / "a.jpg") for folder in (folders.done, folders.failed, folders.backgrounds, folders.state, out)]
    assert pruned(folders, Retention(outbox_days=0)) == [1]
    assert [path.exists() for path in paths] == [True, True, True, True, False]


def test_a_delivery_under_way_is_not_touched(folders: HotFolders) -> None:
    paths = [put(folders.outbox / "a.png"), put(folders.done / "a.jpg"), put(folders.done / "b.jpg")]
    assert sum(pruned(folders, protected=lambda: set(paths[:2]))) == 1
    assert [path.exists() for path in paths] == [True, True, False]


def test_what_changed_since_it_was_seen_or_lies_behind_a_new_link_stays(folders: HotFolders, tmp_path: Path) -> None:
    replaced, swapped = put(folders.done / "a.jpg"), put(folders.done / "sub" / "b.jpg")
    seen = list(finished_files(folders.done, ()))
    put(replaced, 7)
    outside = tmp_path / "outside"
    swapped.parent.rename(outside)
    (folders.done / "sub").symlink_to(outside)
    assert [remove(each, None) for each in seen] == [0, 0]
    assert replaced.exists() and (outside / "b.jpg").exists()
    assert remove(replace(seen[0], path=PurePosixPath("gone/a.jpg")), None) == 0


def test_the_loop_gets_its_turn_between_any_two_files(folders: HotFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruner, "SLICE", 0.0)
    for number in range(50):
        put(folders.done / f"{number}.jpg", 1)
    time.sleep(0.02)
    tested = Pruner(folders, EVERYTHING, set, lambda *_: None)
    steps = 0
    while tested.busy or steps == 0:
        tested.poll(1.0, {})
        steps += 1
    assert steps > 100, "50 files are each seen and removed"
    assert left(folders.done) == set()


def test_more_than_one_look_remembers_is_removed_by_the_next(folders: HotFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruner, "_MOST", 10)
    for number in range(25):
        put(folders.done / f"{number}.jpg", 1)
    time.sleep(0.02)
    tested = Pruner(folders, EVERYTHING, set, lambda *_: None)
    for now in (1.0, 1000.0, 2000.0):
        tested.poll(now, {})
        while tested.busy:
            tested.poll(now, {})
    assert left(folders.done) == set()


def test_a_disk_that_is_away_costs_nothing(folders: HotFolders) -> None:
    folders.done.rmdir()
    put(folders.outbox / "a.png")
    assert pruned(folders) == [1]


@pytest.mark.slow
def test_the_service_removes_counts_and_goes_on(tmp_path: Path) -> None:
    hot = Hot(tmp_path, "[retention]\ndone_days = 1e-7\nfailed_days = 30\n")
    put(hot.done / "last year" / "a.jpg")
    put(hot.failed / "b.jpg")
    time.sleep(0.02)
    hot.start()
    try:
        wait_for(lambda: hot.files("done") == set(), hot)
        hot.drop("c.jpg", portrait())
        wait_for(lambda: hot.files("outbox") == {"c.png"}, hot)
        assert hot.stop() == 0
        assert "removed 1 file of" in hot.said()
        assert '"removed": 1,' in (hot.state / "status.json").read_text()
        assert hot.files("failed") == {"b.jpg"} and not (hot.done / "last year").exists()
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
