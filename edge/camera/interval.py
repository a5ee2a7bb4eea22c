"""Pictures that nobody presses for: every so many seconds, or when a person steps in and stands still. Policy only."""

from __future__ import annotations

from dataclasses import dataclass, field

# Above this share of its own area that a silhouette changes in a second, a person moves.
MOVING = 0.35
GONE = 1.0  # seconds without a person after which the next one is a new one


@dataclass(slots=True)
class Every:
    """A picture every `seconds`, counted from the first look; what was missed is not made up for."""

    seconds: float
    _next: float | None = None

    def due(self, now: float) -> bool:
        if self._next is not None and now < self._next:
            return False
        first, self._next = self._next is None, now + self.seconds
        return not first


@dataclass(slots=True)
class StandsStill:
    """One picture for each person that steps in, once they stood still for `seconds`."""

    seconds: float
    _still_since: float | None = None
    _seen: float = field(default=float("-inf"))
    _taken: bool = False

    def due(self, now: float, present: bool, motion: float) -> bool:
        """present: whether a person is there; motion: share of the silhouette that changed, per second."""
        if not present:
            self._still_since = None
            self._taken = self._taken and now - self._seen < GONE
            return False
        self._seen = now
        if motion > MOVING:
            self._still_since = None
            return False
        self._still_since = now if self._still_since is None else self._still_since
        if self._taken or now - self._still_since < self.seconds:
            return False
        self._taken = True
        return True
