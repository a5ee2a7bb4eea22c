"""How often a photo is tried. Policy only.

A photo whose attempt killed the worker gets one more try, alone, so that a death in company cannot condemn the innocent.
An attempt that ended from outside (power cut, somebody's kill) says little about the photo, yet a photo that takes the
whole box down every time looks just like it, so that count has an end too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CRASHES = 2
INTERRUPTIONS = 10
_ALONE_AFTER_INTERRUPTIONS = 3


@dataclass(frozen=True, slots=True)
class Attempts:
    """What became of a photo's earlier attempts."""

    crashes: int = 0
    interruptions: int = 0

    def interrupted(self) -> Attempts:
        return replace(self, interruptions=self.interruptions + 1)

    def crashed(self) -> Attempts:
        return replace(self, crashes=self.crashes + 1)

    @property
    def exhausted(self) -> bool:
        return self.crashes >= CRASHES or self.interruptions >= INTERRUPTIONS

    @property
    def alone(self) -> bool:
        """Whether the next attempt must run with no other photo in hand."""
        return self.crashes > 0 or self.interruptions >= _ALONE_AFTER_INTERRUPTIONS
