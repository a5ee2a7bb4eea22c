"""The inbox: which file is to be cut next. Events make it quick, scans make it sure.

Events get lost (queue overflows, network file systems, folders moved in whole), so the inbox is also scanned every few
seconds; on NFS and SMB that is all there is. Memory is bounded: a scan keeps only the oldest few files.
"""

from __future__ import annotations

import heapq
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from edge.fs.identity import Identity
from edge.fs.names import is_ignored, is_urgent, printable
from edge.fs.sighting import Sighting
from edge.intake.stability import StabilityTracker
from edge.intake.watch import Mounts, Watch

log = logging.getLogger(__name__)

_WINDOW = 64
_NEWCOMERS = 8  # of each scan are shown to a tracker that is full: one of them may take a restless file's room
# A scan may take at most this share of the time, however many files lie in the inbox.
_SCAN_SHARE = 0.1


class HotFolder:
    """Loop over `take` until it gives None; `next_look` says when to come back.

    skip: tells of an input that is in hand, or was cut and stayed. behind: of one that has failed of late, and goes behind
    those that have not. unreachable: why the inbox cannot be read, "" if it can.
    """

    def __init__(
        self,
        inbox: Path,
        settle: float,
        rescan: float,
        skip: Callable[[Sighting], bool],
        wake: Callable[[], None],
        behind: Callable[[PurePosixPath], bool] = lambda path: False,
    ) -> None:
        self._inbox = inbox
        self._rescan = rescan
        self._skip, self._behind = skip, behind
        self._tracker = StabilityTracker(settle, _WINDOW)
        self._wake = wake
        self._watch = Watch(inbox, wake)
        self._mounts = Mounts()
        self._next_scan = 0.0
        self._earliest_scan = 0.0
        self._more_behind = False
        self._shut: set[PurePosixPath] = set()
        self.unreachable = ""

    @property
    def waiting(self) -> int:
        """Inputs that were seen and are not taken yet; of a long backlog, the part that is looked at."""
        return len(self._tracker)

    def close(self) -> None:
        self._watch.close()
        self._mounts.close()

    def poll(self, now: float) -> None:
        """Take up events, and scan when it is time."""
        for path in self._watch.closed_files():
            self._look(path, now, closed=True)
        if now < self._earliest_scan:
            return
        drained = self._more_behind and len(self._tracker) < _WINDOW // 2
        if now >= self._next_scan or drained or self._watch.rescan_wanted():
            self._scan(now)

    def take(self, now: float, *, urgent: bool = False) -> tuple[Sighting, bool] | None:
        """The next finished input, and whether its readiness rests on the writer's close alone; None for not yet.

        urgent: only of those that go before a backlog.
        """
        due = [seen for seen in self._tracker.due(now) if not urgent or is_urgent(seen.path)]
        for seen in sorted(due, key=lambda seen: self._behind(seen.path)):
            if self._watch.is_being_written(seen.path, now):
                self._tracker.restart(seen.path, now)
                continue
            fresh = _identity(self._inbox / seen.path)
            closed = self._tracker.was_closed(seen.path)
            if fresh == seen.identity:
                self._tracker.forget(seen.path)
                if not self._skip(seen):
                    return seen, closed
            elif fresh is None:
                self._tracker.forget(seen.path)
            else:
                self._tracker.see(Sighting(seen.path, fresh), now)
        return None

    def announce(self, path: PurePosixPath, now: float) -> None:
        """A whole file lies there, says who wrote it: no event needs to be waited for."""
        self._look(path, now, closed=True)

    def put_back(self, sighting: Sighting, now: float, settle: float | None = None) -> None:
        """An input that was taken and is to be looked at again, by the slow rule. settle: for so many seconds it has to stand
        still, in place of the usual."""
        self._look(sighting.path, now, closed=False, settle=settle)

    def next_look(self, now: float) -> float:
        """Seconds until `poll` or `take` may have something new, events apart."""
        waits = [max(0.0, self._next_scan - now), self._tracker.next_due(now), self._watch.next_due()]
        return min(wait for wait in waits if wait is not None)

    def drained(self, now: float) -> bool:
        """Whether the inbox holds nothing more to take; scans to be sure."""
        if len(self._tracker) == 0:
            self._scan(now)
        return len(self._tracker) == 0

    def _look(self, path: PurePosixPath, now: float, *, closed: bool, settle: float | None = None) -> None:
        if any(is_ignored(part) for part in path.parts):
            return
        identity = _identity(self._inbox / path)
        if identity is not None and not os.path.isdir(self._inbox / path):  # noqa: PTH112 - which raises no OSError
            self._tracker.see(Sighting(path, identity), now, closed=closed, settle=settle)

    def _scan(self, now: float) -> None:
        started = time.monotonic()
        room = self._tracker.room
        known = list(self._tracker.due(float("inf")))
        fresh = (s for s in _walk(self._inbox, self._note_folder) if s.path not in self._tracker and not self._skip(s))
        chosen = heapq.nsmallest(room + _NEWCOMERS, fresh, key=self._turn)
        for seen in known:
            self._look(seen.path, now, closed=False)
        for sighting in chosen:
            self._tracker.see(sighting, now)
        self._more_behind = len(chosen) > room
        cost = time.monotonic() - started
        self._earliest_scan = now + cost / _SCAN_SHARE
        self._next_scan = now + max(self._rescan, cost / _SCAN_SHARE)
        self._keep_watching()

    def _turn(self, sighting: Sighting) -> tuple[bool, bool, int, PurePosixPath]:
        """What has not failed yet goes first, of that what is urgent, of that the oldest."""
        path = sighting.path
        return self._behind(path), not is_urgent(path), sighting.identity.mtime_ns, path

    def _keep_watching(self) -> None:
        """A disk that went and came back, or a folder that was made anew, is another one to the kernel."""
        if not self.unreachable and (self._mounts.changed() or self._watch.is_of_another_folder()):
            self._watch.close()
            self._watch = Watch(self._inbox, self._wake)

    def _note_folder(self, folder: PurePosixPath, error: OSError | None) -> None:
        """A folder was looked into, or could not be; of one below the inbox it is told once."""
        if folder == PurePosixPath():
            self._note_unreachable(error)
        elif not isinstance(error, PermissionError):
            self._shut.discard(folder)
        elif folder not in self._shut and len(self._shut) < _WINDOW:
            self._shut.add(folder)
            log.error("the folder %s in the inbox may not be read: give the service's user permission", printable(folder))

    def _note_unreachable(self, error: OSError | None) -> None:
        if error is not None and not self.unreachable:
            log.warning("inbox cannot be read (%s): waiting for it to come back", error)
        elif error is None and self.unreachable:
            log.info("inbox can be read again")
        self.unreachable = "" if error is None else str(error)


def _walk(inbox: Path, note: Callable[[PurePosixPath, OSError | None], None]) -> Iterator[Sighting]:
    """Every entry below `inbox` that is not a folder and not ignored; links are not followed, nor sorted out here.

    note: hears of each folder whether it could be read.
    """
    stack = [PurePosixPath()]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(inbox / folder) as entries:
                for entry in entries:
                    if is_ignored(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(folder / entry.name)
                        continue
                    identity = _identity(inbox / folder / entry.name)
                    if identity is not None:
                        yield Sighting(folder / entry.name, identity)
        except OSError as error:
            note(folder, error)
        else:
            note(folder, None)


def _identity(path: Path) -> Identity | None:
    """None also for what its disk does not let us look at: a stick that was pulled out, before it is unmounted."""
    try:
        return Identity.at(path)
    except OSError as error:
        log.debug("%s cannot be looked at: %s", path, error)
        return None
