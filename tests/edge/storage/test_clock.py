"""Retention by a clock that is set while the service runs, between two runs, and across a reboot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.storage import clock
from edge.storage.clock import Clock, Moment, looked_at

DAY = 86400.0
START = Moment(wall=1_000 * DAY, boot="one", elapsed=100.0)


def after(moment: Moment, seconds: float, *, jump: float = 0.0, boot: str | None = None) -> Moment:
    """So many seconds later; jump: by how much more the wall clock went on."""
    if boot is not None:
        return Moment(moment.wall + seconds + jump, boot, 5.0)
    return Moment(moment.wall + seconds + jump, moment.boot, moment.elapsed + seconds)


def test_a_photo_of_yesterday_is_a_day_old() -> None:
    now = Clock(START).at(after(START, DAY), synchronised=False)
    assert now.age(START.wall) == DAY and now.jumps == ()


@pytest.mark.parametrize("jump", [40 * DAY, 2 * 365 * DAY])
@pytest.mark.parametrize("synchronised", [False, True])
def test_a_photo_cut_just_before_the_clock_was_set_ahead_is_young(jump: float, synchronised: bool) -> None:
    now = Clock(START).at(after(START, 600.0, jump=jump), synchronised=synchronised)
    assert now.age(START.wall + 500.0) == pytest.approx(100.0)
    assert now.age(now.last.wall - 50.0) == pytest.approx(50.0), "one that came after the jump"
    later = now.at(after(now.last, 3 * DAY), synchronised=synchronised)
    assert later.age(START.wall + 500.0) == pytest.approx(3 * DAY + 100.0)


def test_a_photo_of_a_time_that_was_taken_back_is_as_old_as_that_day() -> None:
    wrong = Clock(START).at(after(START, 600.0, jump=400 * DAY), synchronised=False)
    right = wrong.at(after(wrong.last, 600.0, jump=-400 * DAY), synchronised=False)
    later = right.at(after(right.last, 2 * DAY), synchronised=False)
    assert later.age(wrong.last.wall + 10.0) == pytest.approx(2 * DAY)


def test_a_night_without_power_counts_and_a_month_only_where_somebody_knows() -> None:
    assert Clock(START).at(after(START, DAY / 2, boot="two"), synchronised=False).age(START.wall) == DAY / 2
    month = after(START, 30 * DAY, boot="two")
    assert Clock(START).at(month, synchronised=False).age(START.wall) == 0
    assert Clock(START).at(month, synchronised=True).age(START.wall) == 30 * DAY


def test_time_goes_by_in_every_run_of_a_board_without_a_battery() -> None:
    """Every day it starts with the time at which it was switched off, and gets the right one after a minute."""
    now = Clock(START)
    for day in range(1, 11):
        started = after(now.last, 0.0, boot=f"boot {day}")
        now = now.at(started, synchronised=False)
        now = now.at(after(now.last, 60.0, jump=16 * 3600.0), synchronised=True)
        now = now.at(after(now.last, 8 * 3600.0), synchronised=True)
    assert now.age(START.wall) == pytest.approx(10 * (8 * 3600.0 + 60.0))


def test_it_is_remembered_from_run_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [START, after(START, 60.0, jump=40 * DAY)]
    monkeypatch.setattr(clock.Moment, "now", lambda: moments.pop(0))
    path = tmp_path / "clock.json"
    assert looked_at(path).age(START.wall) == 0
    assert looked_at(path).age(START.wall) == pytest.approx(60.0)
    path.write_text("torn")
    moments.append(replace(START, wall=0.0))
    assert looked_at(path).jumps == ()
