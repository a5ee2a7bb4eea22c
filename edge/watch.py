"""File-system events of the inbox, boiled down to two facts: which files were closed, and whether to scan."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

log = logging.getLogger(__name__)

_MOST_REMEMBERED = 256


class Watch(FileSystemEventHandler):
    """Collects events on watchdog's thread; the loop asks for them on its own.

    Where watching is impossible (no inotify on this file system, watch limit reached) the scans do it alone.
    """

    def __init__(self, inbox: Path, wake: Callable[[], None]) -> None:
        self._inbox = inbox
        self._wake = wake
        self._lock = threading.Lock()
        self._closed: dict[PurePosixPath, None] = {}
        self._rescan = True
        self._observer = Observer()
        self._observer.schedule(self, str(inbox), recursive=True)
        try:
            self._observer.start()
        except OSError as error:
            log.warning("no file events for the inbox (%s): it is scanned instead", error)

    def close(self) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def closed_files(self) -> list[PurePosixPath]:
        """Files whose writer closed them, or that were renamed into place, since the last call."""
        with self._lock:
            closed = list(self._closed)
            self._closed.clear()
        return closed

    def rescan_wanted(self) -> bool:
        """Whether something happened that only a scan can tell, since the last call."""
        with self._lock:
            wanted, self._rescan = self._rescan, False
        return wanted

    def on_any_event(self, event: FileSystemEvent) -> None:
        kind = event.event_type
        if kind == "closed" and not event.is_directory:
            self._note(event.src_path)
        elif kind == "moved":
            self._note(None if event.is_directory else event.dest_path)
        elif kind == "created" and event.is_directory:
            self._note(None)

    def _note(self, path: bytes | str | None) -> None:
        with self._lock:
            if path is None or len(self._closed) >= _MOST_REMEMBERED:
                self._rescan = True
            else:
                self._closed[PurePosixPath(os.path.relpath(os.fsdecode(path), self._inbox))] = None
        self._wake()
