"""What a source of photos must offer, and which there are. The supervisor serves all of them alike.

A source is told what became of each photo that it offered, and does with it as it must: the hot folder moves files, a server
answers. Those that come with the product stand in edge/service/sources.py; a plugin registers its own here.
"""

from __future__ import annotations

import selectors
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from edge.board.budget import Budget
from edge.config.keys import Key
from edge.config.options import Options
from edge.config.schema import register_section
from edge.config.types import Config
from edge.delivery.attempts import Attempts
from edge.monitoring.events import CutFacts, Events
from edge.monitoring.finding import Check
from edge.monitoring.reporter import Listener
from edge.monitoring.status import SourceStatus
from matting.errors import CameraError, MattingError

# A guest who waits before a camera goes first, then a request, then what may take its time.
GUEST, REQUEST, BACKLOG = 0, 1, 2
PRIORITIES = (GUEST, REQUEST, BACKLOG)


@dataclass(frozen=True, slots=True)
class Input:
    """A photo that a source offers. path: its name for people and the log, one of a kind among those in hand of its source.
    attempts: what became of it before. private: it is whoever's who asked, and waits for the answer."""

    path: PurePosixPath
    attempts: Attempts
    private: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An input, opened for the worker. photo, background: descriptors to read; who opened the input closes them.
    options: what is asked for."""

    photo: int
    options: Options
    background: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A finished output. descriptor: a file in memory that nobody can change any more; suffix: of its name, ".png"."""

    descriptor: int
    suffix: str


class Source(Protocol):
    """Called from the supervisor's loop alone; nothing here may block, and troubles of its own are its own to wait out.

    name: in status and metrics. Times are of the monotonic clock, in seconds.
    """

    name: str

    def poll(self, now: float) -> None:
        """Take up what has happened, and what is due."""
        ...

    def take(self, now: float, priority: int) -> Input | None:
        """The next photo of that priority to cut; from here on it is in hand, until one of the four ends below."""
        ...

    def open(self, photo: Input) -> Opened | None:
        """Open it for the worker. None: not now, and it is in hand no more.

        Raises:
            MattingError: it cannot be cut; `refuse` follows.
        """
        ...

    def deliver(self, photo: Input, outputs: Sequence[Output], facts: CutFacts) -> str | None:
        """It was cut. Where the first output lies within the outbox, or who has it; None where it could not be delivered, or
        only later."""
        ...

    def refuse(self, photo: Input, error: MattingError, attempts: Attempts) -> bool:
        """It cannot be cut, for that reason, after these attempts. Whether that is its end."""
        ...

    def retry(self, photo: Input, attempts: Attempts) -> None:
        """It goes back, to be offered again; attempts: with this one."""
        ...

    def wait(self, now: float, *, taking: bool) -> float:
        """Seconds until `poll`, or while photos are being taken `take`, may have something new, events apart."""
        ...

    def drained(self, now: float) -> bool:
        """Whether nothing more will come unless somebody puts it in; or no more can, for a trouble that lasts."""
        ...

    def status(self) -> SourceStatus:
        """How it is."""
        ...

    def close(self) -> None:
        """Leave what is in hand as it was."""
        ...


# Takes a picture after so many seconds, and hears its path within the inbox, or why there is none.
Snap = Callable[[float, Callable[[PurePosixPath | CameraError], None]], None]

# Sends live pictures to that viewer through the sending end of a stream (edge.ipc.picture_stream), which stays open here; the
# viewer is known by its name, and has one stream at a time. Raises CameraError where there are none.
ShowLive = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a source is made of. once: the inbox is emptied, then the service ends. careful: the service ended too often, what
    is not needed is left alone. wake: makes the loop go round, from any thread. announced: paths within the inbox at which a
    source has put a whole file, for the hot folder to take at once. note_removed: hears of files and bytes of finished photos
    that were removed. events: what happens, to be told and listened to. snaps: what takes a picture, one for each
    camera; live: what shows live video, as many. add_listener: takes who wants to hear each status of the service."""

    config: Config
    budget: Budget
    selector: selectors.BaseSelector
    wake: Callable[[], None]
    once: bool = False
    careful: bool = False
    announced: deque[PurePosixPath] = field(default_factory=deque)
    note_removed: Callable[[int, int], None] = lambda files, size: None
    events: Events = field(default_factory=Events)
    snaps: list[Snap] = field(default_factory=list)
    live: list[ShowLive] = field(default_factory=list)
    add_listener: Callable[[Listener], None] = lambda listener: None


@dataclass(frozen=True, slots=True)
class SourceKind:
    """wanted: whether it is configured and should run. checks: for the doctor.
    keys: of a section [name] of its own in the configuration, for one that is registered from outside."""

    name: str
    wanted: Callable[[SourceContext], bool]
    make: Callable[[SourceContext], Source]
    checks: Mapping[str, Check] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)


_KINDS: dict[str, SourceKind] = {}


def register_source(kind: SourceKind) -> None:
    """From now on services run it where it is wanted.

    Raises:
        ValueError: there is a source, or a section of the configuration, of that name.
    """
    register_section(kind.name, dict(kind.keys))
    _KINDS[kind.name] = kind


def registered_sources() -> list[SourceKind]:
    """Those that were registered from outside."""
    return list(_KINDS.values())
