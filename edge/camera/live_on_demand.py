"""Live video runs while it is watched or recorded; without it somebody may still look who is there; else nothing runs."""

from __future__ import annotations

import logging
import os

from edge.camera.frame import Frame
from edge.camera.live_view import LiveView
from edge.camera.matting_thread import MattedFrame
from edge.camera.messages import Pace, StartCamera
from edge.ipc.backoff import Pause
from edge.ipc.latest import Latest
from matting.errors import MattingError

log = logging.getLogger(__name__)


class LiveOnDemand:
    """It may fail to open, and is tried again, while the shutter works on."""

    def __init__(self, start: StartCamera, frames: Latest[Frame]) -> None:
        self._start, self._frames = start, frames
        self._view: LiveView | None = None
        self._streams: dict[str, int] = {}  # of those who want to watch, until there is a view
        self._pause = Pause()
        self._fault = ""

    @property
    def seen(self) -> MattedFrame | None:
        """The frame that was looked at last."""
        return None if self._view is None else self._view.seen

    @property
    def fault(self) -> str:
        """Why there is none, "" where there is, or where nobody asks for it."""
        return self._fault

    def pace(self) -> Pace | None:
        """Of live video, None without it."""
        return None if self._view is None else self._view.pace()

    def show(self, viewer: str, stream: int) -> None:
        """To one who watches. stream: a descriptor (edge.ipc.picture_stream), from now on instead of an earlier one."""
        self._forget(viewer)
        self._streams[viewer] = stream

    def poll(self, now: float) -> None:
        """Open, check, or end it.

        Raises:
            EngineError: it failed, or is stuck: the process must end too.
        """
        options = self._start.options
        watched = bool(self._streams) or (self._view is not None and self._view.watched)
        live = options.live.recorded or watched
        if self._view is not None:
            self._view.check(now)
            if self._view.is_live != live:
                self._view.close()
                self._view = None
        if not (live or options.person):
            self._fault = ""
        elif self._view is None and now >= self._pause.until:
            self._open(now, live)
        while self._view is not None and self._streams:
            self._view.show(*self._streams.popitem())

    def close(self) -> None:
        self._forget_all()
        if self._view is not None:
            self._view.close()

    def _open(self, now: float, live: bool) -> None:
        try:
            self._view = LiveView(self._start, self._frames, live=live)
            self._pause.clear()
            self._fault = ""
        except MattingError as error:
            self._pause.fail(now)
            self._fault = str(error)
            log.error("no live video: %s; again in %.0f s", error, self._pause.until - now)
            self._forget_all()  # who watches hears that there is nothing, and may ask again

    def _forget_all(self) -> None:
        for viewer in list(self._streams):
            self._forget(viewer)

    def _forget(self, viewer: str) -> None:
        if viewer in self._streams:
            os.close(self._streams.pop(viewer))
