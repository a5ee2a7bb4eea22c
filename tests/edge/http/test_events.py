"""`/events` of a real service."""

from __future__ import annotations

import json
import queue
import threading
from typing import Any

import pytest
import requests

from tests.edge.hot import portrait, wait_for
from tests.edge.http.client import answers
from tests.edge.http.conftest import Served
from tests.edge.http.test_contracts import empty

pytestmark = pytest.mark.slow


class Listener:
    """A screen that reads the stream in a thread of its own."""

    def __init__(self, url: str) -> None:
        self.heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._answer = requests.get(f"{url}/events", stream=True, timeout=60)
        assert self._answer.status_code == 200
        assert self._answer.headers["content-type"].startswith("text/event-stream")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        kind = ""
        try:
            for line in self._answer.iter_lines(chunk_size=1):
                word, _, rest = line.decode().partition(": ")
                if word == "event":
                    kind = rest
                elif word == "data":
                    self.heard.put((kind, json.loads(rest)))
        except (requests.RequestException, AttributeError):  # closed
            pass

    def next(self) -> tuple[str, dict[str, Any]]:
        return self.heard.get(timeout=60)

    def close(self) -> None:
        self._answer.close()


def test_a_screen_hears_the_state_and_what_becomes_of_each_photo(served: Served) -> None:
    screen = Listener(served.url)
    kind, state = screen.next()
    assert (kind, state["name"]) == ("state", "READY")
    served.hot.drop("party/guest.jpg", portrait())
    kind, event = screen.next()
    assert (kind, event["name"], event["output"]) == ("cut", "party/guest.jpg", "party/guest.png")
    assert event["facts"]["size"] == [320, 320] and not event["private"]
    served.hot.drop("nobody.jpg", empty())
    kind, event = screen.next()
    assert (kind, event["name"]) == ("no-person", "nobody.jpg") and event["reason"]
    served.hot.drop("note.txt.jpg", b"no picture at all")
    kind, event = screen.next()
    assert (kind, event["name"]) == ("failed", "note.txt.jpg") and "not a picture" in event["reason"]
    screen.close()


def test_those_who_only_hold_a_place_do_not_lock_everybody_out(served: Served) -> None:
    screens = [Listener(served.url) for _ in range(16)]
    assert requests.get(f"{served.url}/events", timeout=20).status_code == 503
    for screen in screens:
        screen.close()
    wait_for(lambda: requests.get(f"{served.url}/events", stream=True, timeout=20).status_code == 200, served.hot)
    assert answers(served.port, "/healthz")
