"""What supervisor and camera process say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.config.camera import CameraOptions
from edge.ipc.messages import Count, Decoder, Message, Text, Word

# The file that goes with ShowLive.
STREAM = "stream"


class StartCamera(Message, frozen=True):
    """inbox: where photos go; state: where the control socket lies; engine, model: for live video and for seeing people;
    threads: of both, the cores of the board's budget."""

    options: CameraOptions
    inbox: Path
    state: Path
    engine: str
    model: Path
    threads: Count
    log_level: str


class TakePicture(Message, frozen=True):
    """One, after so many seconds. number: tells it from others that are asked for."""

    number: Count
    countdown: float


class ShowLive(Message, frozen=True):
    """Live pictures are to be sent into the stream that comes with it, and no more into an earlier one of that viewer."""

    viewer: Word


class PictureTaken(Message, frozen=True):
    """What was asked for lies at this path within the inbox."""

    number: Count
    path: PurePosixPath


class PictureRefused(Message, frozen=True):
    """What was asked for is not to be had, for this reason."""

    number: Count
    reason: Text


class PhotoTaken(Message, frozen=True):
    """A whole file lies at this path within the inbox."""

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Pace:
    """Of live video: frames a second, and the median time from a frame's arrival until it can be shown, in milliseconds."""

    fps: float = 0.0
    latency_ms: float = 0.0


class CameraState(Message, frozen=True):
    """How the camera is, every second. camera: its source, for people; flowing: frames come; cause: why none came last;
    openings: how often it was opened; memory: bytes of its processes; live: None without live video;
    live_fault: why that cannot be seen."""

    camera: Text
    flowing: bool
    cause: Text
    openings: int
    memory: Count
    live: Pace | None = None
    live_fault: Text = ""


class CameraFailed(Message, frozen=True):
    """The process ends, or cannot start, for this reason."""

    reason: Text


TO_CAMERA = Decoder(StartCamera | TakePicture | ShowLive)
FROM_CAMERA = Decoder(PhotoTaken | PictureTaken | PictureRefused | CameraState | CameraFailed)
