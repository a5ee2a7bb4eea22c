"""How long to wait before something that failed is tried again. Policy only: fed with times, does no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pause:
    """Back-off: after the n-th failure in a row nothing is tried for first x 2^(n-1) seconds, at most the longest."""

    first: float = 1.0
    longest: float = 30.0
    failures: int = 0
    until: float = 0.0

    def fail(self, now: float) -> None:
        self.failures += 1
        self.until = now + min(self.longest, self.first * 2.0 ** min(self.failures - 1, 16))

    def clear(self) -> None:
        self.failures, self.until = 0, 0.0
