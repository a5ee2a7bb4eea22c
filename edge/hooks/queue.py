"""The photos that one hook is still to be told of, and the thread that tells it, one after another.

Whatever a hook does, the loop only ever puts a photo into the queue, and that takes no time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from edge.ipc.backoff import Pause

log = logging.getLogger(__name__)

_TRIES = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_MOST_BYTES = 1 << 20  # of photos that wait: some thousands


class HookFailed(Exception):
    """A try that came to nothing, with the reason. again: whether another one may do better."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again


# Tells a hook of a photo. The second argument gives the time, of the monotonic clock, by which it must be done or give up;
# that may come nearer meanwhile. Raises HookFailed.
Tell = Callable[[bytes, Callable[[], float]], None]


class HookQueue:
    """name: of the hook, for people. timeout: seconds of one try. note_failed: hears of each photo that the hook was not told
    of in the end; from any thread, but never from two at a time."""

    def __init__(self, name: str, tell: Tell, timeout: float, note_failed: Callable[[], None]) -> None:
        self._name, self._tell, self._timeout, self._note_failed = name, tell, timeout, note_failed
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._busy = self._overflowed = False
        self._end: float | None = None  # when all tries end, of the monotonic clock
        self._changed = threading.Condition()
        # A daemon: name servers that do not answer hold it longer than the service may wait for it.
        self._thread = threading.Thread(target=self._run, name=f"hook-{name}", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether it has been told of all photos, or given them up."""
        with self._changed:
            return not self._waiting and not self._busy

    def put(self, photo: str, body: bytes) -> None:
        """photo: its name for the log. Where too much waits, the oldest go."""
        with self._changed:
            self._waiting.append((photo, body))
            self._bytes += len(body)
            while self._bytes > _MOST_BYTES:
                self._take()
                self._note_failed()
                if not self._overflowed:
                    log.error("%s is too slow: the oldest of the photos that it waits to hear of are left out", self._name)
                self._overflowed = True
            self._changed.notify_all()

    def end(self, patience: float) -> None:
        """From now on each photo is tried once more at most, for so many seconds in all."""
        with self._changed:
            self._end = time.monotonic() + patience
            self._changed.notify_all()

    def join(self) -> None:
        """After `end`: wait until it is over."""
        assert self._end is not None
        self._thread.join(max(0.0, self._end - time.monotonic()) + 0.5)
        left = len(self._waiting) + self._busy
        if left:
            log.warning("%s was not told of %d photo%s: the service ended", self._name, left, "s" * (left > 1))

    def _run(self) -> None:
        while (photo := self._next()) is not None:
            try:
                self._try(*photo)
            except Exception:  # a fault of ours must not leave the hook without its thread
                log.exception("fault in %s", self._name)
                self._failed()

    def _next(self) -> tuple[str, bytes] | None:
        with self._changed:
            self._busy = False
            while not self._waiting:
                self._overflowed = False
                if self._end is not None:
                    return None
                self._changed.wait()
            if self._end is not None and time.monotonic() >= self._end:
                return None
            self._busy = True
            return self._take()

    def _take(self) -> tuple[str, bytes]:
        photo = self._waiting.popleft()
        self._bytes -= len(photo[1])
        return photo

    def _try(self, photo: str, body: bytes) -> None:
        pause = Pause(_FIRST_PAUSE, _LONGEST_PAUSE)
        while True:
            try:
                self._tell(body, partial(self._until, time.monotonic()))
                return
            except HookFailed as error:
                now = time.monotonic()
                pause.fail(now)
                if not error.again or pause.failures == _TRIES or not self._waits(photo, pause.until - now, error):
                    tries = f" ({pause.failures} tries)" if pause.failures > 1 else ""
                    log.error("%s was not told of %s: %s%s", self._name, photo, error, tries)
                    self._failed()
                    return

    def _until(self, begun: float) -> float:
        return begun + self._timeout if self._end is None else min(begun + self._timeout, self._end)

    def _waits(self, photo: str, seconds: float, error: HookFailed) -> bool:
        """Waits for the next try; False where there is none, as all ends."""
        with self._changed:
            if self._end is not None:
                return False
            log.warning("%s, for %s: %s; tried again in %.0f s", self._name, photo, error, seconds)
            self._changed.wait_for(lambda: self._end is not None, seconds)
            return True

    def _failed(self) -> None:
        with self._changed:
            self._note_failed()
