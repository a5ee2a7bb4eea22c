"""How old a file is, by a clock that may be set: time that was jumped over does not count.

A board without a battery starts at some old date, and gets the time late; a clock may be set wrongly, and right again. So the
wall clock is held against the time since boot, which nobody sets, and each jump forward is remembered: a file that was there
before it is younger than its date says, by as much. Across a reboot nobody counts; there a gap of up to a day is believed,
and a longer one where the kernel says that its clock is kept right over the network.
"""

from __future__ import annotations

import ctypes
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.fs.files import write_atomic

# Clocks that are kept right are nudged, not set; and looks take time.
_TOLERANCE = 60.0
_LONGEST_GAP = 86400.0
_MOST_JUMPS = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """wall: seconds since 1970; boot: of which the rest is counted; elapsed: seconds since that boot, sleep included."""

    wall: float
    boot: str
    elapsed: float

    @classmethod
    def now(cls) -> Moment:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return cls(time.time(), boot, time.clock_gettime(time.CLOCK_BOOTTIME))


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock went from `before` to `after`, though not so much time went by, or time does not go back."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Clock:
    """last: when it was looked at last. jumps: since the service was first started, in their order."""

    last: Moment
    jumps: tuple[Jump, ...] = ()

    def at(self, now: Moment, *, synchronised: bool) -> Clock:
        """The clock as it is now. synchronised: the kernel says that the wall clock is kept right."""
        gone = now.wall - self.last.wall
        if now.boot == self.last.boot:
            surplus = gone - (now.elapsed - self.last.elapsed)
        else:
            surplus = 0.0 if 0 <= gone <= _LONGEST_GAP or (synchronised and gone > 0) else gone
        jumps = self.jumps
        if abs(surplus) > _TOLERANCE:
            jumps = (*jumps, Jump(now.wall - surplus, now.wall))[-_MOST_JUMPS:]
        return Clock(now, jumps)

    def age(self, since: float) -> float:
        """Seconds that have surely gone by since the wall clock said `since`."""
        if since > self.last.wall:  # told by a clock that was set back since
            since = max((jump.after for jump in self.jumps if jump.after < jump.before), default=self.last.wall)
        skipped = sum(jump.after - jump.before for jump in self.jumps if since <= jump.before < jump.after)
        return max(0.0, self.last.wall - since - skipped)


def looked_at(path: Path) -> Clock:
    """The clock, looked at now, and remembered in the file at `path`. A file that cannot be read is a first look.

    Raises:
        OSError: it cannot be remembered.
    """
    now = Moment.now()
    try:
        table = json.loads(path.read_bytes())
        before = Clock(Moment(**table["last"]), tuple(Jump(**jump) for jump in table["jumps"]))
    except (OSError, ValueError, KeyError, TypeError):
        before = Clock(now)
    clock = before.at(now, synchronised=_is_synchronised())
    write_atomic(path, json.dumps(asdict(clock)).encode())
    return clock


def _is_synchronised() -> bool:
    """What adjtimex(2) says of the kernel's clock."""
    buffer = ctypes.create_string_buffer(512)
    state: int = ctypes.CDLL(None).adjtimex(buffer)
    return 0 <= state < _TIME_ERROR


_TIME_ERROR = 5
