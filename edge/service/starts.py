"""What becomes of a service that keeps dying: longer pauses, then a while without the GPU, but never a dead box.

systemd starts the service again whenever it ends. Starts are counted in a folder that lasts across restarts and not across
a boot, on a clock that nobody sets: a power switch that is flipped often is no fault of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.fs.files import write_volatile

WINDOW = 300.0
MANY = 5
LONGEST_PAUSE = 60.0
# How long the GPU is left alone; then the service ends in good order, and its next start tries everything again.
SAFE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Starts:
    """When the service was started of late, this time included: seconds since boot."""

    times: tuple[float, ...]

    @property
    def too_many(self) -> bool:
        """Whether to leave the GPU and all that is not needed alone."""
        return len(self.times) > MANY

    @property
    def pause(self) -> float:
        """Seconds to wait before this start: none at first, then doubling up to a minute."""
        return min(LONGEST_PAUSE, 2.0 ** (len(self.times) - MANY)) if self.too_many else 0.0


def note_start(folder: Path, now: float) -> Starts:
    """Count a start at `now`, seconds since boot, in `folder`.

    Raises:
        OSError: the folder cannot be written.
        ValueError: what was noted there is no list of times.
    """
    path = folder / "starts"
    earlier = path.read_text(encoding="ascii").split() if path.exists() else []
    times = (*(then for then in map(float, earlier) if 0 <= now - then < WINDOW), now)
    write_volatile(path, "".join(f"{then}\n" for then in times).encode(), 0o600)
    return Starts(times)


def forget_starts(folder: Path) -> None:
    """The service ended as it should: what comes next is a first start."""
    (folder / "starts").unlink(missing_ok=True)
