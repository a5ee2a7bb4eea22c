"""When a feed counts as hung, and when it is opened again. Policy only: fed with times, does no I/O."""

from __future__ import annotations

from dataclasses import dataclass

HUNG = 3.0  # seconds without a frame, once frames came
OPENING = 15.0  # seconds until the first one: argus and network cameras take several
SHORTEST, LONGEST = 1.0, 20.0
STEADY = 3.0  # seconds of frames after which earlier failures count no more


@dataclass(slots=True)
class Recovery:
    """The life of a feed in times (seconds, monotonic). Back-off: 1, 2, 4, 8, 16, 20, 20, … seconds."""

    failures: int = 0
    until: float = 0.0
    _opened: float = 0.0
    _first: float | None = None
    _last: float = 0.0

    def may_open(self, now: float) -> bool:
        return now >= self.until

    def open(self, now: float) -> None:
        self._opened, self._first = now, None

    def frame(self, arrived: float) -> None:
        """A frame came; told again and again it counts once."""
        if arrived < self._opened:
            return
        self._first = arrived if self._first is None else self._first
        self._last = max(self._last, arrived)
        if self._last - self._first >= STEADY:
            self.failures = 0

    @property
    def flowing(self) -> bool:
        return self._first is not None

    def silent(self, now: float) -> str | None:
        """Why the feed counts as hung, None while it does not."""
        if self._first is None:
            return f"no frame within {OPENING:g} s of opening" if now - self._opened > OPENING else None
        return f"no frame for {HUNG:g} s" if now - self._last > HUNG else None

    def fail(self, now: float, *, expected: bool = False) -> None:
        """It ended. expected: as a video file does, which is no failure: it begins again after a second."""
        self.failures = 1 if expected else self.failures + 1
        self.until = now + min(LONGEST, SHORTEST * 2 ** min(self.failures - 1, 16))
        self._first = None
