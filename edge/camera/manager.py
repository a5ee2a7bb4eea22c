"""The camera as the supervisor sees it: a process that is kept running, and says which photos it has taken."""

from __future__ import annotations

import logging
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from edge.camera.messages import (
    FROM_CAMERA,
    STREAM,
    CameraFailed,
    CameraState,
    PhotoTaken,
    PictureRefused,
    PictureTaken,
    ShowLive,
    StartCamera,
    TakePicture,
)
from edge.config.camera_source import parse_source
from edge.ipc.backoff import Pause
from edge.ipc.child import ChildExit, ChildProcess
from matting.errors import CameraError

log = logging.getLogger(__name__)

_SILENCE = 30.0  # seconds: a picture of 12 megapixels on a slow card, and the model's loading, take some of them
_MOST_SNAPS = 16  # at a time: whoever asks for more must not fill the channel
_FAREWELL = 6.0  # seconds: a film is finished before the end
# Frames come and go: each is given back to the kernel at once, instead of leaving holes that add up (edge.worker.manager).
_MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}


@dataclass
class CameraManager:
    """Whatever becomes of the camera's process, the supervisor only ever sees that there is nothing to hear.

    on_taken: called with each photo's path within the inbox. state: what it last said of itself; fault: why it does not run.
    """

    start: StartCamera
    selector: selectors.BaseSelector
    on_taken: Callable[[PurePosixPath], None]
    state: CameraState | None = None
    fault: str = ""
    _process: ChildProcess | None = None
    _pause: Pause = field(default_factory=Pause)
    _last_snap: int = 0
    _snaps: dict[int, Callable[[PurePosixPath | CameraError], None]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The camera's source, for people: without an RTSP password."""
        return str(parse_source(self.start.options.source)) if self.state is None else self.state.camera

    @property
    def flowing(self) -> bool:
        return self.state is not None and self.state.flowing

    @property
    def words(self) -> str:
        """How it is, in a line."""
        trouble = self.fault or (self.state.cause if self.state else "") or "is being opened"
        live = f"; live video: {self.state.live_fault}" if self.state and self.state.live_fault else ""
        return f"{self.name}: {'frames come' if self.flowing else trouble}{live}"

    @property
    def memory(self) -> int:
        """Bytes that its processes hold."""
        return 0 if self.state is None else self.state.memory

    def snap(self, countdown: float, on_result: Callable[[PurePosixPath | CameraError], None]) -> None:
        """Take a picture; see `edge.intake.source.Snap`."""
        if self._process is None:
            on_result(CameraError(f"the camera does not run: {self.words}"))
            return
        if len(self._snaps) >= _MOST_SNAPS:
            on_result(CameraError(f"{_MOST_SNAPS} pictures are being taken already"))
            return
        self._last_snap += 1
        self._snaps[self._last_snap] = on_result
        self._process.send(TakePicture(self._last_snap, countdown))

    def show(self, viewer: str, stream: int) -> None:
        """Send live pictures to a viewer; see `edge.intake.source.ShowLive`."""
        if self._process is None:
            raise CameraError(f"the camera does not run: {self.words}")
        self._process.send(ShowLive(viewer), {STREAM: stream})

    def poll(self, now: float) -> None:
        """Start it where it is not running, with back-off; hear it out; end it when it says nothing any more."""
        if self._process is None:
            if now >= self._pause.until:
                self._spawn()
            return
        for message in self._process.receive():
            self._on_message(message)
        if self._process.ended is not None:
            self._on_exit(self._process.ended)
        elif now - self._process.heard_at > _SILENCE:
            log.error("the camera's process said nothing for %.0f s and was ended", _SILENCE)
            self._process.kill(f"said nothing for {_SILENCE:.0f} s and was ended")

    def close(self) -> None:
        """End it, and with it GStreamer's process."""
        if self._process is not None:
            self.selector.unregister(self._process)
            self._process.stop(_FAREWELL)
            self._process = None

    def _spawn(self) -> None:
        self._process = ChildProcess("edge.camera.process", self.start, FROM_CAMERA, environment=_MALLOC)
        self.selector.register(self._process, selectors.EVENT_READ)

    def _on_message(self, message: PhotoTaken | PictureTaken | PictureRefused | CameraState | CameraFailed) -> None:
        if isinstance(message, PhotoTaken):
            self.on_taken(message.path)
        elif isinstance(message, PictureTaken | PictureRefused):
            on_result = self._snaps.pop(message.number, None)
            if on_result is not None:
                on_result(message.path if isinstance(message, PictureTaken) else CameraError(message.reason))
        elif isinstance(message, CameraFailed):
            self.state, self.fault = None, message.reason
            log.error("no camera: %s", message.reason)
        else:
            self.state, self.fault = message, ""
            if message.flowing:
                self._pause.clear()

    def _on_exit(self, ended: ChildExit) -> None:
        assert self._process is not None
        self.selector.unregister(self._process)
        self._process = None
        waiting, self._snaps = self._snaps, {}
        for on_result in waiting.values():
            on_result(CameraError("the camera's process ended before the picture was taken"))
        self._pause.fail(time.monotonic())
        self.state, self.fault = None, self.fault or f"its process {ended}"
        wait = self._pause.until - time.monotonic()
        log.warning("the camera's process ended (%s); started again in %.0f s", self.fault, wait)
