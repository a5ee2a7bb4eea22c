from __future__ import annotations

from edge.delivery.attempts import Attempts
from edge.ipc.backoff import Pause


def test_a_crash_earns_one_more_try_alone() -> None:
    once = Attempts().crashed()
    assert once.alone and not once.exhausted
    assert once.crashed().exhausted


def test_kills_from_outside_condemn_a_photo_late_but_not_never() -> None:
    attempts = Attempts()
    for _ in range(9):
        attempts = attempts.interrupted()
        assert not attempts.exhausted
    assert attempts.interrupted().exhausted


def test_pauses_double_up_to_half_a_minute_and_end_with_success() -> None:
    pause = Pause()
    waits = []
    for _ in range(7):
        pause.fail(now=100.0)
        waits.append(pause.until - 100.0)
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    pause.clear()
    assert pause.failures == 0 and pause.until == 0
