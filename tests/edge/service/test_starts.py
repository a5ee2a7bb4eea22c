from __future__ import annotations

from pathlib import Path

from edge.service.starts import LONGEST_PAUSE, MANY, WINDOW, forget_starts, note_start


def test_a_service_that_keeps_dying_takes_longer_pauses_and_leaves_the_gpu_alone(tmp_path: Path) -> None:
    starts = [note_start(tmp_path, now) for now in range(1, MANY + 9)]
    assert [start.too_many for start in starts] == [False] * MANY + [True] * 8
    assert [start.pause for start in starts[MANY:]] == [2, 4, 8, 16, 32, 60, 60, 60]
    assert max(start.pause for start in starts) == LONGEST_PAUSE


def test_starts_long_ago_and_those_before_a_good_end_do_not_count(tmp_path: Path) -> None:
    for now in range(MANY):
        note_start(tmp_path, now)
    assert not note_start(tmp_path, WINDOW + MANY).too_many
    for now in range(MANY):
        note_start(tmp_path, WINDOW * 2 + now)
    forget_starts(tmp_path)
    assert note_start(tmp_path, WINDOW * 2 + MANY).times == (WINDOW * 2 + MANY,)


def test_starts_of_another_boot_do_not_count(tmp_path: Path) -> None:
    for now in range(1000, 1000 + MANY):
        note_start(tmp_path, now)
    assert note_start(tmp_path, 20.0).times == (20.0,)
