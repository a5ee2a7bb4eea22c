"""Live video: every matted frame over a background, as JPEG, for whoever shows it."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path

import numpy as np
import simplejpeg

from edge.camera.live_frame import LiveFrame
from edge.camera.matting_thread import MattedFrame
from edge.camera.messages import Pace
from edge.camera.recovery import HUNG
from edge.ipc.latest import Latest
from matting.backgrounds.base import Background
from matting.backgrounds.registry import open_background
from matting.bands import on_cores
from matting.composite import backdrop, composite
from matting.decode import decode
from matting.foreground import foreground
from matting.formats.jpeg import JPEG
from matting.photo import U8, Limits, Photo
from matting.refine import refine

QUALITY = 88
_BLANK = (720, 1280)  # before the first frame
_PACE = 3.0  # seconds over which the pace is told


def background(text: str) -> Background:
    """What `text` asks for, ready for use.

    Raises:
        OSError, PhotoError: its file cannot be read, or is no picture.
    """
    return open_background(text, lambda name: decode(Path(name).read_bytes(), Limits(), to_srgb=True).rgb)


class Live(threading.Thread):
    """Composites matted frames, on so many cores; while none come, the background alone is shown: nobody freezes in it."""

    def __init__(self, seen: Latest[MattedFrame], behind: Background, cores: int) -> None:
        super().__init__(name="live", daemon=True)
        self.pictures: Latest[LiveFrame] = Latest()
        self._seen, self._cores = seen, cores
        self._background = behind
        self._behind: U8 | None = None
        self._shape = _BLANK
        self._shown = 0
        self._latencies: deque[tuple[float, float]] = deque()

    def run(self) -> None:
        """Until the matting thread closes its frames."""
        number, empty = 0, False
        while not self._seen.closed:
            seen = self._seen.after(number, HUNG)
            if seen is not None:
                number, empty = seen.number, False
                with on_cores(self._cores):
                    picture = self._composited(seen)
                self._show(_jpeg(picture), seen.arrived)
            elif not empty:
                self._show_nobody()
                empty = True
        self.pictures.close()

    def pace(self) -> Pace:
        """What was shown within the last seconds."""
        now = time.monotonic()
        latest = [latency for shown, latency in list(self._latencies) if now - shown < _PACE]
        return Pace(len(latest) / _PACE, float(np.median(latest)) * 1000 if latest else 0.0)

    def _show(self, data: bytes, arrived: float | None) -> None:
        self._shown += 1
        now = time.monotonic()
        self.pictures.put(LiveFrame(self._shown, data))
        if arrived is not None:
            self._latencies.append((now, now - arrived))
        while self._latencies and now - self._latencies[0][0] > _PACE:
            self._latencies.popleft()

    def _show_nobody(self) -> None:
        empty = Photo(np.zeros((*self._shape, 3), np.uint8))
        alpha = np.zeros(self._shape, np.uint8)
        self._show(_jpeg(composite(empty.rgb, alpha, self._backdrop(empty, alpha))), None)

    def _composited(self, seen: MattedFrame) -> U8:
        photo, alpha = seen.photo, refine(seen.matte, seen.photo, seen.small)
        return composite(foreground(photo.rgb, alpha), alpha, self._backdrop(photo, alpha))

    def _backdrop(self, photo: Photo, alpha: U8) -> U8:
        """Scaled once for as long as the frames keep their size."""
        if self._behind is None or self._shape != (photo.height, photo.width):
            self._shape = photo.height, photo.width
            self._behind = backdrop(photo, alpha, self._background, JPEG)
        assert self._behind is not None, "JPEG always has something behind"
        return self._behind


def _jpeg(rgb: U8) -> bytes:
    data: bytes = simplejpeg.encode_jpeg(rgb, QUALITY, colorspace="RGB", colorsubsampling="420")
    return data
