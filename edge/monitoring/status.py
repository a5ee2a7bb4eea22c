"""What the service is doing, as a file that anyone may read at any time: whole, and at most some seconds old."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from edge.fs.files import write_volatile
from matting.errors import OutputError

MOST_PHOTOS = 10
# The service writes at least every 10 s; whose last report is older than this, in seconds, does not run, or hangs.
STALE_AFTER = 30.0


class State(str, Enum):
    """STARTING: no engine yet. BUILDING: serving on the CPU while the board builds its engine. READY: all is well.
    DEGRADED: serving, but not as configured; the reason says why. STOPPING: finishing what is in hand."""

    STARTING = "STARTING"
    BUILDING = "BUILDING"
    READY = "READY"
    DEGRADED = "DEGRADED"
    STOPPING = "STOPPING"


@dataclass(frozen=True, slots=True)
class LastPhoto:
    """One photo that came to an end. outcome: "cut", "failed" or "no-person"; reason: "" for "cut"; at: seconds since 1970."""

    name: str
    outcome: str
    reason: str
    stage_ms: dict[str, float]
    at: float


@dataclass(frozen=True, slots=True)
class StageTotal:
    """A stage of all photos that were cut since the start: how often it ran, and for how long in all."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source of photos is. waiting: photos seen waiting. up: whether photos can come from it. words: how it is, for
    people, "" where there is nothing to say. trouble: why its photos are not cut or not delivered, "" where they are;
    held: whether deliveries wait for a disk. memory: bytes of its own processes."""

    name: str
    waiting: int = 0
    up: bool = True
    words: str = ""
    trouble: str = ""
    held: bool = False
    memory: int = field(default=0, compare=False)  # of every frame: no news


@dataclass(frozen=True, slots=True)
class Status:
    """progress: of the build, 0..1, None where none runs. queue: photos seen waiting. last: newest first.
    Memory in bytes, 0 where it is not known. temperature: in degrees Celsius, of the zone nearest to its limit.
    Times in seconds since 1970. sources: where photos come from.
    last_error: the newest line of the log that was an error, whether it still holds or not; last_error_at: when that was.
    removed, removed_bytes: files of finished photos that the retention took away.
    hooks_failed: photos that each hook was not told of in the end, of those that are configured."""

    state: State
    reason: str
    engine: str
    progress: float | None
    queue: int
    in_hand: int
    cut: int
    failed: int
    no_person: int
    last: tuple[LastPhoto, ...]
    last_error: str
    supervisor_bytes: int
    worker_bytes: int
    gpu_bytes: int
    disk_free: int
    temperature: float | None
    pid: int
    started: float
    updated: float
    sources: tuple[SourceStatus, ...] = ()
    stages: dict[str, StageTotal] = field(default_factory=dict)
    removed: int = 0
    removed_bytes: int = 0
    last_error_at: float = 0.0
    hooks_failed: dict[str, int] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """One sentence for a person."""
        percent = "" if self.progress is None else f" {self.progress:.0%}"
        why = f": {self.reason}" if self.reason else ""
        engine = f"; {self.engine}" if self.engine else ""
        counts = f"{self.queue} waiting, {self.in_hand} in hand, {self.cut} cut, {self.failed} failed"
        down = "".join(f"; {source.name} {source.words}" for source in self.sources if source.words and not source.up)
        return f"{self.state.value}{percent}{why}{engine}; {counts}, {self.no_person} without a person{down}"


def write_status(path: Path, status: Status) -> None:
    """Replace the file at `path`, for its group to read. Not durable: after a power cut nobody needs it, and flash wears out.

    Raises:
        OSError: it cannot be written.
    """
    write_volatile(path, json.dumps(asdict(status), indent=1).encode(), 0o640)


def read_status(path: Path) -> Status:
    """What the service at work last wrote.

    Raises:
        OutputError: there is no such file, or it is not a status.
    """
    try:
        return parse_status(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise OutputError(f"no service has written {path} yet: is edge-matting running, with this configuration?") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise OutputError(f"{path} cannot be read as a status: {error}") from error


def parse_status(table: dict[str, Any]) -> Status:
    """The inverse of `asdict`, after its way through JSON.

    Raises:
        KeyError, TypeError, ValueError: it is no status.
    """
    status = Status(**table)
    photos = tuple(LastPhoto(**photo) for photo in table["last"])
    stages = {name: StageTotal(**total) for name, total in table["stages"].items()}
    sources = tuple(SourceStatus(**source) for source in table["sources"])
    return replace(status, state=State(table["state"]), last=photos, stages=stages, sources=sources)
