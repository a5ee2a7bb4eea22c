"""The order of photos, what is tried again, and what is left out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from edge.hooks import queue
from edge.hooks.queue import HookFailed, HookQueue
from tests.edge.hot import wait_for


class Hook:
    """fails: of the first tries, with what."""

    def __init__(self, *fails: Exception) -> None:
        self.fails, self.failed = list(fails), 0
        self.tries: list[bytes] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, body: bytes, until: Callable[[], float]) -> None:
        self.tries.append(body)
        while not self.open.wait(0.01):
            if time.monotonic() > until():
                raise HookFailed("it took too long")
        if self.fails:
            raise self.fails.pop(0)

    def note_failed(self) -> None:
        self.failed += 1

    def queue(self, timeout: float = 60.0) -> HookQueue:
        return HookQueue("hooks.url", self, timeout, self.note_failed)


def ended(tested: HookQueue, patience: float = 5.0) -> None:
    tested.end(patience)
    tested.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_FIRST_PAUSE", 0.01)


def test_a_photo_is_tried_again_before_the_next_one_and_the_order_stays() -> None:
    hook = Hook(HookFailed("500"), HookFailed("500"))
    tested = hook.queue()
    for body in (b"a", b"b", b"c"):
        tested.put("photo", body)
    wait_for(lambda: tested.idle)
    ended(tested)
    assert (hook.tries, hook.failed) == ([b"a", b"a", b"a", b"b", b"c"], 0)


def test_what_fails_is_given_up_in_the_end_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    hook = Hook(*[HookFailed("it answered 500")] * 5, HookFailed("it answered 404", again=False), OSError("a fault of ours"))
    tested = hook.queue()
    for body in (b"a", b"b", b"c", b"d"):
        tested.put(f"{body.decode()}.jpg", body)
    wait_for(lambda: tested.idle)
    ended(tested)
    assert (hook.tries, hook.failed) == ([b"a"] * 5 + [b"b", b"c", b"d"], 3)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "hooks.url was not told of a.jpg: it answered 500 (5 tries)",
        "hooks.url was not told of b.jpg: it answered 404",
        "fault in hooks.url",
    ]


def test_where_too_much_waits_the_oldest_go_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    hook = Hook()
    hook.open.clear()
    tested = hook.queue()
    tested.put("first", b"first")
    wait_for(lambda: hook.tries)
    for number in range(30):
        tested.put(str(number), b"%d " % number * 25_000)  # 50 or 75 kB
    assert hook.failed > 5
    hook.open.set()
    wait_for(lambda: tested.idle)
    ended(tested)
    told = [int(body.split()[0]) for body in hook.tries[1:]]
    assert told == list(range(hook.failed, 30)), "the newest, in order"
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


def test_at_the_end_what_waits_is_tried_once_and_then_let_go(caplog: pytest.LogCaptureFixture) -> None:
    hook = Hook(HookFailed("500"), HookFailed("500"))
    hook.open.clear()
    tested = hook.queue()
    for body in (b"a", b"b", b"c"):
        tested.put("photo", body)
    wait_for(lambda: hook.tries)
    tested.end(5.0)
    hook.open.set()
    tested.join()
    assert (hook.tries, hook.failed) == ([b"a", b"b", b"c"], 2)

    hook = Hook()
    hook.open.clear()
    tested = hook.queue()
    for body in (b"a", b"b", b"c"):
        tested.put("photo", body)
    wait_for(lambda: hook.tries)
    ended(tested, 0.2)
    assert hook.tries == [b"a"]
    assert "hooks.url was not told of 2 photos: the service ended" in caplog.text


def test_a_hook_that_does_not_even_end_in_time_is_not_waited_for() -> None:
    stuck = threading.Event()

    def hang(body: bytes, until: Callable[[], float]) -> None:
        stuck.wait(60)

    tested = HookQueue("hooks.url", hang, 1.0, lambda: None)
    tested.put("photo", b"a")
    ended(tested, 0.1)
    assert not tested.idle
    stuck.set()
