"""Whether outputs can be written, and what waits until they can.

A disk that is full, gone or read-only is waited for, and all photos with it. Anything else holds up the one photo that met it:
a folder of one guest's that may not be written is no reason to let the others wait.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from edge.delivery.delivery import OutputLost
from edge.delivery.outbox import Outbox
from edge.fs.names import printable
from edge.ipc.backoff import Pause

log = logging.getLogger(__name__)

# What a disk says that has no room, may not be written, or is not there.
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN})
_RIGHTS = frozenset({errno.EACCES, errno.EPERM})
# A photo that waits by itself: its pause grows to ten minutes, and it counts as tried for an hour after the last.
_FIRST_PAUSE, _LONGEST_PAUSE, _FORGOTTEN_AFTER = 2.0, 600.0, 3600.0
_MOST_WAITING = 20_000
_AT_A_TIME = 8  # held deliveries that are tried in one round of the loop
_ADVICE: dict[int | None, str] = {
    errno.EACCES: "; give the service's user permission",
    errno.EPERM: "; give the service's user permission",
    errno.EROFS: "; mount its disk for writing",
}


@dataclass(slots=True)
class _Waiting:
    """A photo that waits by itself. held: the journal knows its delivery, and it is not cut again."""

    reason: str
    held: bool
    pause: Pause = field(default_factory=lambda: Pause(_FIRST_PAUSE, _LONGEST_PAUSE))


class OutputGate:
    """Told of each output that failed or worked. Times are of the monotonic clock, in seconds.

    roots: the folders whose own rights concern every photo.
    """

    def __init__(self, outbox: Outbox, roots: Iterable[Path]) -> None:
        self._outbox = outbox
        self._roots = set(roots)
        self._waiting: dict[PurePosixPath, _Waiting] = {}
        self._disk = Pause()
        self._reason = ""

    @property
    def trouble(self) -> str:
        """Why outputs cannot be written, all or some; "" where they can."""
        if self._disk.failures:
            return f"outputs cannot be written: {self._reason}"
        stuck = [waiting for waiting in self._waiting.values() if waiting.pause.failures]
        photos = f"{len(stuck)} photo{'s' * (len(stuck) > 1)}"
        return f"{photos} cannot be delivered, the others go on: {stuck[-1].reason}" if stuck else ""

    @property
    def failures(self) -> int:
        """Of the disks, in a row, up to now."""
        return self._disk.failures

    @property
    def holds_deliveries(self) -> bool:
        return any(waiting.held for waiting in self._waiting.values())

    def postpones(self, patience: int) -> bool:
        """Whether a photo waits that has not failed so often yet."""
        return any(not waiting.held and waiting.pause.failures < patience for waiting in self._waiting.values())

    def keeps_back(self, path: PurePosixPath, now: float) -> bool:
        """Whether a photo of the inbox is not to be taken now: its delivery is held up, or it failed a moment ago."""
        waiting = self._waiting.get(path)
        return waiting is not None and (waiting.held or now < waiting.pause.until)

    def was_tried(self, path: PurePosixPath) -> bool:
        """Whether it has failed of late: then it goes behind those that have not."""
        return path in self._waiting

    def opens_in(self, now: float) -> float:
        """Seconds until photos may be taken again, 0 for now."""
        return max(0.0, self._disk.until - now)

    def wait(self, now: float) -> float | None:
        """Seconds until something is due here, None for nothing."""
        due = [waiting.pause.until for waiting in self._waiting.values() if waiting.held or waiting.pause.until > now]
        due += [self._disk.until] if self._disk.failures else []
        return max(0.0, min(due) - now) if due else None

    def recover(self) -> None:
        """At the start: complete what was begun before."""
        for path in self._outbox.recover():
            self.hold(path)

    def hold(self, path: PurePosixPath) -> None:
        """The journal knows of this delivery: it will be completed, and the photo not cut again."""
        self._waiting.setdefault(path, _Waiting("", held=True)).held = True

    def failed(self, path: PurePosixPath, error: Exception, now: float) -> None:
        """An output could not be written, or a photo not be read."""
        reason = _words(error)
        if self._concerns_all(error):
            if not self._disk.failures:
                log.error("outputs cannot be written (%s): photos wait in the inbox until they can", reason)
            self._reason = reason
            self._disk.fail(now)
        elif path in self._waiting or len(self._waiting) < _MOST_WAITING:
            waiting = self._waiting.setdefault(path, _Waiting(reason, held=False))
            if reason != waiting.reason or not waiting.pause.failures:
                log.error("%s waits by itself: %s", printable(path), reason)
            waiting.reason = reason
            waiting.pause.fail(now)

    def ended(self, path: PurePosixPath) -> None:
        """The photo has come to an end, or has gone."""
        self._waiting.pop(path, None)

    def worked(self) -> None:
        """Outputs can be written: what a trouble left half-written goes."""
        if not self._disk.failures:
            return
        self._disk.clear()
        log.info("outputs can be written again")
        try:
            self._outbox.sweep()
        except (OSError, sqlite3.Error) as error:
            log.debug("temporaries stay for now: %s", error)  # the sweep at the next start finds them

    def poll(self, now: float, *, idle: bool) -> None:
        """Try again what is due. idle: no photo is there that would show whether outputs can be written."""
        self._waiting = {p: w for p, w in self._waiting.items() if w.held or now - w.pause.until < _FORGOTTEN_AFTER}
        if self.opens_in(now):
            return
        due = [path for path, waiting in self._waiting.items() if waiting.held and now >= waiting.pause.until]
        for path in due[:_AT_A_TIME]:
            if not self._complete(path, now):
                return
        if self._disk.failures and idle and not due:
            self._try_out(now)

    def _complete(self, path: PurePosixPath, now: float) -> bool:
        """Carry on with a held delivery; False where a disk keeps all of them up."""
        try:
            self._outbox.complete(path)
        except OutputLost:
            log.warning("an output of %s was deleted on its way: it will be cut again", printable(path))
        except (OSError, sqlite3.Error) as error:
            self.failed(path, error, now)
            return not self.opens_in(now)
        self.ended(path)
        self.worked()
        return True

    def _try_out(self, now: float) -> None:
        """By an empty file."""
        try:
            self._outbox.try_out()
        except (OSError, sqlite3.Error) as error:
            self._reason = _words(error)
            self._disk.fail(now)
        else:
            self.worked()

    def _concerns_all(self, error: Exception) -> bool:
        if not isinstance(error, OSError):  # the journal's
            return True
        if error.errno in _RIGHTS and error.filename is not None:
            path = Path(os.fsdecode(error.filename))
            return path in self._roots or path.parent in self._roots
        return error.errno in _DISK


def _words(error: Exception) -> str:
    """The folder rather than the temporary in it, and what to do where that is known."""
    if not isinstance(error, OSError) or error.filename is None:
        return printable(str(error))
    path = Path(os.fsdecode(error.filename))
    if error.errno == errno.ENODEV:  # a folder of ours
        return f"{printable(str(path))}: {error.strerror}"
    return f"{printable(str(path.parent))}: {error.strerror}{_ADVICE.get(error.errno, '')}"
