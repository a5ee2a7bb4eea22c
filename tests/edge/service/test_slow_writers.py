"""A photo that comes in pieces, with pauses longer than a finished one has to stand still."""

from __future__ import annotations

import time

from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.service.test_losses import running


def test_one_that_pauses_closed_and_goes_on_is_cut(hot: Hot) -> None:
    """As a network share or a card's upload does it: every piece opens the file and closes it."""
    data = portrait(300)
    with running(hot):
        target = hot.inbox / "slow.jpg"
        target.write_bytes(data[: len(data) // 3])
        wait_for(lambda: "may still be on its way" in hot.said(), hot)
        with target.open("ab") as file:
            file.write(data[len(data) // 3 :])
        wait_for(lambda: "slow.png" in hot.files("outbox"), hot)
    assert hot.files("failed") == set()


def test_one_that_is_held_open_is_not_even_tried(hot: Hot) -> None:
    data = portrait(300)
    with running(hot):
        wait_for(lambda: "ready" in hot.said(), hot)  # what is open before it looks, it cannot know of
        with (hot.inbox / "open.jpg").open("wb") as file:
            file.write(data[: len(data) // 3])
            file.flush()
            time.sleep(2)
            file.write(data[len(data) // 3 :])
        wait_for(lambda: "open.png" in hot.files("outbox"), hot)
    assert "on its way" not in hot.said() and hot.files("failed") == set()


def test_one_that_stays_short_fails_in_the_end_and_nothing_waits_for_it(hot: Hot) -> None:
    data = portrait(300)
    with running(hot):
        hot.drop("short.jpg", data[: len(data) // 3])
        wait_for(lambda: "may still be on its way" in hot.said(), hot)
        hot.drop("good.jpg", portrait())
        wait_for(lambda: "good.png" in hot.files("outbox"), hot)
        wait_for(lambda: "short.jpg.json" in hot.files("failed"), hot)
    assert hot.reason("short.jpg.json")["error"] == "UnreadablePhoto"
    assert hot.said().count("may still be on its way") == 1


def test_a_run_over_what_is_there_waits_for_the_second_look(hot: Hot) -> None:
    hot.drop("short.jpg", portrait(300)[:2000])
    assert hot.once().returncode == 0
    assert hot.files("failed") == {"short.jpg", "short.jpg.json"} and hot.files("inbox") == set()
