"""When a board is too hot, and when it no longer is. `judged` is the policy, fed with readings; `HeatWatch` the habit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from edge.board.sensors import Zone, read_zones

log = logging.getLogger(__name__)

Level = Literal["fine", "hot", "throttling"]
_LEVELS: tuple[Level, ...] = ("fine", "hot", "throttling")
# Degrees before the board slows itself down at which somebody should hear of it.
_MARGIN = 5.0
# A level is left this many degrees below where it was entered, or a board at the edge would fill the log.
_CALM = 3.0
# Zones without a point of their own: as many degrees below the critical one, or this many.
_BELOW_CRITICAL, _UNKNOWN_LIMIT = 10.0, 95.0
_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Heat:
    """How hot it is. zone: the one nearest to its limit, None where no zone tells."""

    level: Level
    zone: Zone | None = None

    def __str__(self) -> str:
        if self.zone is None:
            return "no temperature is told"
        told = f"{self.zone.name} {self.zone.celsius:.0f} °C, slows down at {_limit(self.zone):.0f} °C"
        if self.level == "fine":
            return told
        return f"{'slowed down by heat' if self.level == 'throttling' else 'hot'}: {told}; give it air, or a lower power mode"


def judged(zones: Sequence[Zone], before: Level) -> Heat:
    """The level now. before: the level until now, as a level is easier kept than entered."""
    if not zones:
        return Heat("fine")
    worst = max(zones, key=lambda zone: zone.celsius - _limit(zone))
    return Heat(_level(worst.celsius - _limit(worst), before), worst)


def _level(above: float, before: Level) -> Level:
    """above: degrees above the limit."""
    throttling = 0.0 - (_CALM if before == "throttling" else 0)
    hot = -_MARGIN - (_CALM if before != "fine" else 0)
    return "throttling" if above >= throttling else "hot" if above >= hot else "fine"


def _limit(zone: Zone) -> float:
    if zone.throttles_at is not None:
        return zone.throttles_at
    return _UNKNOWN_LIMIT if zone.stops_at is None else zone.stops_at - _BELOW_CRITICAL


@dataclass
class HeatWatch:
    """Looks once a minute and logs each change. heat: as last seen, for the status."""

    read: Callable[[], Sequence[Zone]] = read_zones
    heat: Heat = field(default_factory=lambda: Heat("fine"))
    _due: float = 0.0

    def poll(self, now: float) -> Heat:
        """Call it as often as you like. now: seconds of any clock that only goes forward."""
        if now >= self._due:
            self._due = now + _EVERY
            before, self.heat = self.heat.level, judged(self.read(), self.heat.level)
            if _LEVELS.index(self.heat.level) > _LEVELS.index(before):
                log.warning("%s", self.heat)
            elif self.heat.level != before:
                log.info("cooler: %s", self.heat)
        return self.heat
