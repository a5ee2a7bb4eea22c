"""What the service is doing, as a file that anyone may read at any time: whole, and at most some seconds old."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from edge.files import write_volatile
from matting.errors import OutputError

MOST_PHOTOS = 10


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
class Status:
    """progress: of the build, 0..1, None where none runs. queue: photos seen waiting in the inbox. last: newest first.
    Memory in bytes, 0 where it is not known. temperature: hottest zone in degrees Celsius. Times in seconds since 1970."""

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

    @property
    def line(self) -> str:
        """One sentence for a person."""
        percent = "" if self.progress is None else f" {self.progress:.0%}"
        why = f": {self.reason}" if self.reason else ""
        engine = f"; {self.engine}" if self.engine else ""
        counts = f"{self.queue} waiting, {self.in_hand} in hand, {self.cut} cut, {self.failed} failed"
        return f"{self.state.value}{percent}{why}{engine}; {counts}, {self.no_person} without a person"


def write_status(path: Path, status: Status) -> None:
    """Replace the file at `path`. Not durable: after a power cut nobody needs it, and flash would wear out.

    Raises:
        OSError: it cannot be written.
    """
    write_volatile(path, json.dumps(asdict(status), indent=1).encode())


def read_status(path: Path) -> Status:
    """What the service at work last wrote.

    Raises:
        OutputError: there is no such file, or it is not a status.
    """
    try:
        return _status(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise OutputError(f"no service has written {path} yet: is edge-matting running, with this configuration?") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise OutputError(f"{path} cannot be read as a status: {error}") from error


def _status(table: dict[str, Any]) -> Status:
    status = Status(**table)
    photos = tuple(LastPhoto(**photo) for photo in table["last"])
    return replace(status, state=State(table["state"]), last=photos)
