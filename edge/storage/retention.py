"""What is removed from the folders of finished photos, and when. Policy only: fed with files and a clock, does no I/O."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from edge.fs.identity import Identity

_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished file: root / path. since: seconds since 1970 at which it came there; size: bytes on the disk."""

    root: Path
    path: PurePosixPath
    identity: Identity
    since: float
    size: int


@dataclass
class Choice:
    """Is shown all files, one by one, and remembers at most `most` of each kind: those too old, and the oldest.

    now: seconds since 1970.
    """

    now: float
    most: int
    _overdue: list[Kept] = field(default_factory=list)
    _oldest: list[tuple[float, int, Kept]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def see(self, kept: Kept, days: float | None) -> None:
        """days: after which this one is too old, None for never."""
        if days is not None and self.now - kept.since > days * _DAY:
            if len(self._overdue) < self.most:
                self._overdue.append(kept)
            return
        entry = -kept.since, next(self._numbers), kept  # the newest of the oldest comes first, to be pushed out
        if len(self._oldest) < self.most:
            heapq.heappush(self._oldest, entry)
        else:
            heapq.heappushpop(self._oldest, entry)

    def to_remove(self, missing: int) -> list[Kept]:
        """All that is too old, and of the rest the oldest until `missing` bytes are gained."""
        chosen = sorted(self._overdue, key=lambda kept: kept.since)
        gained = sum(kept.size for kept in chosen)
        for _, _, kept in sorted(self._oldest, reverse=True):
            if gained >= missing:
                break
            chosen.append(kept)
            gained += kept.size
        return chosen

    @property
    def more(self) -> bool:
        """Whether there may be more that is too old than it remembers."""
        return len(self._overdue) >= self.most
