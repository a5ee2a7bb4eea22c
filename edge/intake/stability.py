"""When is a file finished? Policy only: fed with sightings and a clock, does no I/O.

A file counts once its identity has stood still for `settle` seconds, seen at both ends of that time, or once its
writer closed it. Copies over a network pause, and events get lost, so neither sign alone is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from edge.fs.names import is_urgent
from edge.fs.sighting import Sighting

# So often a file has to change before it gives way to one that has not.
_RESTLESS = 3


@dataclass(slots=True)
class _Tracked:
    sighting: Sighting
    still_since: float
    closed: bool
    settle: float
    changes: int = 0


class StabilityTracker:
    """Watches a bounded number of files come to rest; those that do not fit are seen again by a later scan.

    Urgent ones have as much room again to themselves, and are due first. One that changes all the time gives way to others.
    """

    def __init__(self, settle: float, capacity: int) -> None:
        self._settle = settle
        self._capacity = capacity
        self._tracked: dict[PurePosixPath, _Tracked] = {}

    def __len__(self) -> int:
        return len(self._tracked)

    def __contains__(self, path: PurePosixPath) -> bool:
        return path in self._tracked

    @property
    def room(self) -> int:
        return max(0, self._capacity - len(self._tracked))

    def see(self, sighting: Sighting, now: float, *, closed: bool = False, settle: float | None = None) -> None:
        """Note a look at a file; a changed identity starts its time anew, a full table ignores newcomers.

        settle: seconds that this file has to stand still, in place of the usual.
        """
        known = self._tracked.get(sighting.path)
        if known is not None and known.sighting == sighting:
            known.closed = known.closed or closed
        elif known is not None or self._has_room_for(sighting.path):
            changes = 0 if known is None else known.changes + 1
            rest = self._settle if settle is None else settle
            self._tracked[sighting.path] = _Tracked(sighting, now, closed, rest, changes)

    def restart(self, path: PurePosixPath, now: float) -> None:
        """It stood still, but its writer is not done: its time starts anew."""
        known = self._tracked[path]
        known.still_since, known.closed = now, False

    def forget(self, path: PurePosixPath) -> None:
        """The file went away or was taken."""
        self._tracked.pop(path, None)

    def due(self, now: float) -> list[Sighting]:
        """Files that have rested long enough if another look finds them unchanged: urgent ones, then the longest known."""
        due = [t.sighting for t in self._tracked.values() if t.closed or now - t.still_since >= t.settle]
        return sorted(due, key=lambda sighting: not is_urgent(sighting.path))

    def next_due(self, now: float) -> float | None:
        """Seconds until `due` has something, None when nothing is tracked."""
        if not self._tracked:
            return None
        return max(0.0, min(0.0 if t.closed else t.settle - (now - t.still_since) for t in self._tracked.values()))

    def was_closed(self, path: PurePosixPath) -> bool:
        """Whether readiness rests on the writer's close alone: then a bad verdict deserves a slower second look."""
        known = self._tracked.get(path)
        return known is not None and known.closed

    def _has_room_for(self, path: PurePosixPath) -> bool:
        if self.room > 0 or (is_urgent(path) and len(self) < 2 * self._capacity):
            return True
        restless = max(self._tracked.values(), key=lambda tracked: tracked.changes, default=None)
        if restless is None or restless.changes < _RESTLESS:
            return False
        del self._tracked[restless.sighting.path]
        return True
