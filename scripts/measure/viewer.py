"""Somebody who watches live video, so that it is made."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def watching(port: int) -> Iterator[None]:
    """Takes the pictures of /live.mjpg on this machine's port, as soon and as long as there are any."""
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=[port, ended], daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(port: int, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/live.mjpg", timeout=10) as stream:
                while not ended.is_set() and stream.read(1 << 16):
                    pass
        except OSError:
            time.sleep(0.5)
