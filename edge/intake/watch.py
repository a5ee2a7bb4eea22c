"""File-system events of the inbox, boiled down to two facts: which files were closed, and whether to scan."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.inotify import InotifyObserver

from edge.fs.files import file_id

log = logging.getLogger(__name__)

_MOST_REMEMBERED = 256
# A file that is written in the inbox is opened in the same breath; one that is linked into it whole is not.
_OPENED_WITHIN = 0.15


class Watch(FileSystemEventHandler):
    """Collects events on watchdog's thread; the loop asks for them on its own.

    Where watching is impossible (no inotify on this file system, watch limit reached) the scans do it alone.
    """

    def __init__(self, inbox: Path, wake: Callable[[], None]) -> None:
        self._inbox = inbox
        self._wake = wake
        self._lock = threading.Lock()
        self._closed: dict[PurePosixPath, None] = {}
        self._appeared: dict[PurePosixPath, float] = {}
        self._rescan = True
        self._file_id = file_id(inbox)
        self._deleted = False
        self._observer = _observer(self, inbox)

    def close(self) -> None:
        if self._observer is not None:
            logging.getLogger("watchdog").setLevel(logging.CRITICAL)  # it calls its own stop an error
            self._observer.stop()
            self._observer.join()

    def is_of_another_folder(self) -> bool:
        """Whether the inbox that is there now is not the one that is watched: it was made anew, or its disk came back.

        A new folder may have the inode of the deleted one, so that the place alone does not tell.
        """
        place = file_id(self._inbox)
        return place is not None and (self._deleted or place != self._file_id)

    def closed_files(self) -> list[PurePosixPath]:
        """Files whose writer closed them, or that were renamed or linked into place, since the last call."""
        now = time.monotonic()
        with self._lock:
            linked = [path for path, when in self._appeared.items() if now - when >= _OPENED_WITHIN]
            for path in linked:
                del self._appeared[path]
            closed = [*self._closed, *linked]
            self._closed.clear()
        return closed

    def next_due(self) -> float | None:
        """Seconds until a file that appeared counts as linked into place; None when none did."""
        return _OPENED_WITHIN if self._appeared else None

    def rescan_wanted(self) -> bool:
        """Whether something happened that only a scan can tell, since the last call."""
        with self._lock:
            wanted, self._rescan = self._rescan, False
        return wanted

    def on_any_event(self, event: FileSystemEvent) -> None:
        kind, folder = event.event_type, event.is_directory
        if kind == "closed" and not folder:
            self._note(event.src_path)
        elif kind == "deleted" and folder and self._relative(event.src_path) == PurePosixPath():
            self._deleted = True
        elif kind == "moved":
            if event.dest_path:  # empty for what was renamed out of the inbox
                self._note(None if folder else event.dest_path)
        elif kind == "created":
            if folder:
                self._note(None)
            else:
                self._note_new(event.src_path)
        elif kind in ("opened", "modified") and not folder:
            with self._lock:
                self._appeared.pop(self._relative(event.src_path), None)

    def _note_new(self, path: bytes | str) -> None:
        with self._lock:
            if len(self._appeared) < _MOST_REMEMBERED:
                self._appeared[self._relative(path)] = time.monotonic()
        self._wake()

    def _note(self, path: bytes | str | None) -> None:
        with self._lock:
            if path is None or len(self._closed) >= _MOST_REMEMBERED:
                self._rescan = True
            else:
                self._closed[self._relative(path)] = None
        self._wake()

    def _relative(self, path: bytes | str) -> PurePosixPath:
        return PurePosixPath(os.path.relpath(os.fsdecode(path), self._inbox))


class Mounts:
    """Tells of anything that was mounted or unmounted: a disk that came back is the same to `stat`, but watched no more.

    https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html, "poll"
    """

    def __init__(self) -> None:
        self._table = Path("/proc/self/mountinfo").open("rb")  # noqa: SIM115 - open for as long as it is asked
        self._poll = select.poll()
        self._poll.register(self._table, select.POLLPRI)

    def changed(self) -> bool:
        """Since the last call."""
        return bool(self._poll.poll(0))

    def close(self) -> None:
        self._table.close()


def _observer(handler: Watch, inbox: Path) -> InotifyObserver | None:
    """A running one; None where the kernel gives no events.

    With full events a rename from outside is told as a rename, and not as a new file, whose writer would be waited for.
    """
    observer: InotifyObserver | None = None
    try:
        observer = InotifyObserver(generate_full_events=True)
        observer.schedule(handler, str(inbox), recursive=True)
        observer.start()
    except OSError as error:
        log.warning("no file events for the inbox (%s): it is scanned instead", error)
        if observer is not None:
            observer.stop()
        return None
    return observer
