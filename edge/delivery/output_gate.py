"""Whether outputs can be written, and what waits until they can: full and lost disks are waited for."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from pathlib import Path, PurePosixPath

from edge.delivery.outbox import Outbox
from edge.ipc.backoff import Pause

log = logging.getLogger(__name__)

_POSTPONED_FOR = 10.0
_MOST_POSTPONED = 256
_ADVICE: dict[int | None, str] = {
    errno.EACCES: "; give the service's user permission",
    errno.EROFS: "; mount its disk for writing",
}


class OutputGate:
    """Told of each output that failed or worked. Times are of the monotonic clock, in seconds."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._held_up: set[PurePosixPath] = set()
        self._postponed: dict[PurePosixPath, float] = {}
        self._pause = Pause()
        self._reason = ""

    @property
    def trouble(self) -> str:
        """Why outputs cannot be written; "" where they can."""
        return f"outputs cannot be written: {self._reason}" if self._pause.failures else ""

    @property
    def failures(self) -> int:
        """In a row, up to now."""
        return self._pause.failures

    @property
    def holds_deliveries(self) -> bool:
        return bool(self._held_up)

    @property
    def postpones(self) -> bool:
        return bool(self._postponed)

    def keeps_back(self, path: PurePosixPath) -> bool:
        """Whether a photo of the inbox is not to be taken now: its delivery is held up, or it failed a moment ago."""
        return path in self._held_up or path in self._postponed

    def opens_in(self, now: float) -> float:
        """Seconds until something may be tried again, 0 for at once."""
        return max(0.0, self._pause.until - now)

    def recover(self) -> None:
        """At the start: complete what was begun before."""
        self._held_up = self._outbox.recover()

    def hold(self, path: PurePosixPath) -> None:
        """The journal knows of this delivery: it will be completed, and the photo not cut again."""
        self._held_up.add(path)

    def failed(self, path: PurePosixPath, error: Exception, now: float) -> None:
        """Another photo may have better luck meanwhile."""
        self._reason = _words(error)
        if not self._pause.failures:
            log.error("outputs cannot be written (%s): photos wait in the inbox until they can", self._reason)
        self._pause.fail(now)
        if len(self._postponed) < _MOST_POSTPONED:
            self._postponed[path] = now + _POSTPONED_FOR

    def worked(self) -> None:
        """The end of a trouble: what it left half-written goes."""
        if not self._pause.failures:
            return
        self._pause.clear()
        try:
            self._outbox.sweep()
        except (OSError, sqlite3.Error) as error:
            log.debug("temporaries stay for now: %s", error)  # the sweep at the next start finds them

    def poll(self, now: float, *, idle: bool) -> None:
        """Let go of what waited long enough; try again when it is time. idle: no photo is there that would show it."""
        for path in [path for path, until in self._postponed.items() if now >= until]:
            del self._postponed[path]
        if (self._held_up or self._pause.failures) and not self.opens_in(now):
            self._try_again(now, idle and not self._postponed)

    def _try_again(self, now: float, idle: bool) -> None:
        """Deliveries that were held up; and where no photo is there to show that outputs work again, an empty file."""
        try:
            self._held_up = self._outbox.complete_pending() if self._held_up else set()
            if self._held_up:
                self._pause.fail(now)
            elif idle:
                self._outbox.try_out()
                self.worked()
        except (OSError, sqlite3.Error) as error:
            self._pause.fail(now)
            self._reason = _words(error)


def _words(error: Exception) -> str:
    """The folder rather than the temporary in it, and what to do where that is known."""
    if not isinstance(error, OSError) or error.filename is None:
        return str(error)
    path = Path(os.fsdecode(error.filename))
    if error.errno == errno.ENODEV:  # a folder of ours
        return f"{path}: {error.strerror}"
    return f"{path.parent}: {error.strerror}{_ADVICE.get(error.errno, '')}"
