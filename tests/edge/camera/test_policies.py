"""Recovery, shutter and interval: pure policies, fed with times."""

from __future__ import annotations

import pytest

from edge.camera.interval import Every, StandsStill
from edge.camera.recovery import Recovery
from edge.camera.shutter import Shutter
from matting.errors import CameraError


def test_the_back_off_doubles_from_1_to_20_seconds_and_ends_with_three_seconds_of_frames() -> None:
    recovery, waits = Recovery(), []
    for _ in range(7):
        recovery.open(100.0)
        recovery.frame(100.5)  # a camera that gives one frame and dies has not recovered
        recovery.fail(101.0)
        waits.append(recovery.until - 101.0)
    assert waits == [1, 2, 4, 8, 16, 20, 20]
    recovery.open(200.0)
    for tenth in range(35):
        recovery.frame(200.0 + tenth / 10)
    recovery.fail(204.0)
    assert recovery.until == 205.0


def test_a_feed_is_hung_after_three_seconds_without_a_frame_but_may_open_slowly() -> None:
    recovery = Recovery()
    recovery.open(0.0)
    assert recovery.silent(10.0) is None
    assert "15 s" in (recovery.silent(15.1) or "")
    recovery.frame(15.2)
    assert recovery.silent(18.1) is None
    assert "3 s" in (recovery.silent(18.3) or "")


def test_a_frame_of_the_last_opening_says_nothing_about_this_one() -> None:
    recovery = Recovery()
    recovery.open(10.0)
    recovery.frame(9.9)
    assert not recovery.flowing


def test_a_film_that_ends_begins_again_after_a_second_however_often() -> None:
    recovery = Recovery()
    for _ in range(5):
        recovery.open(0.0)
        recovery.fail(1.0, expected=True)
    assert recovery.until == 2.0


def test_a_countdown_tells_each_second_once_and_then_wants_a_frame_of_after_it() -> None:
    shutter = Shutter()
    said: list[str] = []
    shutter.press(10.0, 2, 3.0, said.append)
    for tenth in range(30):
        shutter.count_down(10.0 + tenth / 10)
        assert shutter.wants(10.0 + tenth / 10) is None
    assert said == ["countdown 3", "countdown 2", "countdown 1"]
    assert shutter.wants(13.0) == 13.0
    shutter.took(13.1, "a.jpg")
    assert shutter.wants(13.2) is None, "the next of a burst is another moment"
    shutter.took(13.7, "b.jpg")
    assert said[3:] == ["taken a.jpg", "taken b.jpg", "done"] and not shutter.busy


def test_orders_wait_for_a_camera_but_not_for_ever_and_not_without_number() -> None:
    shutter = Shutter()
    said: list[str] = []
    for _ in range(4):
        shutter.press(0.0, 1, 0.0, said.append)
    with pytest.raises(CameraError, match="waiting already"):
        shutter.press(0.0, 1, 0.0, said.append)
    shutter.give_up(9.9, "unplugged")
    assert said == []
    shutter.give_up(10.1, "unplugged")
    assert said == ["error unplugged"]


@pytest.mark.parametrize(("count", "countdown"), [(0, 0.0), (21, 0.0), (1, -1.0), (1, 61.0), (1, float("nan"))])
def test_nonsense_is_refused(count: int, countdown: float) -> None:
    with pytest.raises(CameraError):
        Shutter().press(0.0, count, countdown, lambda _: None)


def test_the_interval_does_not_make_up_for_what_it_missed() -> None:
    every = Every(5.0)
    assert [now for now in (0, 4, 5, 6, 30, 31, 35) if every.due(now)] == [5, 30, 35]


def test_one_picture_for_each_person_that_steps_in_and_stands_still() -> None:
    policy = StandsStill(2.0)

    def taken(start: float, stop: float, present: bool, motion: float) -> list[float]:
        times = [start + tenth / 10 for tenth in range(round((stop - start) * 10))]
        return [time for time in times if policy.due(time, present, motion)]

    assert taken(0, 5, False, 0.0) == []
    assert taken(5, 8, True, 1.0) == [], "still walking"
    assert len(taken(8, 20, True, 0.1)) == 1
    assert taken(20, 21, True, 1.0) == [] and taken(21, 25, True, 0.0) == [], "the same person moved a little"
    assert taken(25, 25.5, False, 0.0) == [] and taken(25.5, 30, True, 0.0) == [], "a matte that failed for a moment"
    assert taken(30, 32, False, 0.0) == []
    assert len(taken(32, 40, True, 0.0)) == 1, "the next one"
