"""A photo that looks cut short may be one on its way: a camera's FTP, a Wi-Fi card or a phone pauses for seconds.

Whether it is still open for writing cannot be asked on a network share, and not every writer keeps it open. So the first
such verdict counts for nothing: the photo waits, and is looked at once more, sooner where it has grown.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.fs.identity import Identity
from edge.fs.sighting import Sighting

# So many photos wait at most; of more the first verdict counts. A folder full of broken files is no upload.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class _Waiting:
    identity: Identity
    until: float


class SecondLook:
    """seconds: how long a photo waits unless it changes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: dict[str, _Waiting] = {}

    def grant(self, sighting: Sighting, now: float) -> bool:
        """Whether the photo has its second look still before it, and waits for it from now on."""
        path = str(sighting.path)
        known = self._waiting.pop(path, None)
        if known is not None and known.identity == sighting.identity:
            return False
        self._forget_old(now)
        if len(self._waiting) >= _MOST:
            return False
        self._waiting[path] = _Waiting(sighting.identity, now + self._seconds)
        return True

    def keeps_back(self, sighting: Sighting, now: float) -> bool:
        """Whether the photo, unchanged, is to wait longer."""
        known = self._waiting.get(str(sighting.path))
        return known is not None and known.identity == sighting.identity and now < known.until

    def pending(self, now: float) -> bool:
        """Whether any photo waits."""
        return any(now < waiting.until for waiting in self._waiting.values())

    def _forget_old(self, now: float) -> None:
        """Those that went away: all others are looked at soon after their time, and then leave by `grant`."""
        for path, waiting in list(self._waiting.items()):
            if now < waiting.until + 60 * self._seconds:
                break
            del self._waiting[path]
