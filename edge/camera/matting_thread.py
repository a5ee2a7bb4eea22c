"""Frame after frame -> the network's matte, steadied over time; and what it says of the person in the picture."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import cv2
import numpy as np

from edge.camera.frame import Frame
from edge.ipc.latest import Latest
from matting.engines.base import Engine
from matting.model import ModelSpec
from matting.network_input import network_input, shrunk, undo
from matting.photo import F32, U8, Photo
from matting.steady import Steady


@dataclass(frozen=True, slots=True, eq=False)
class MattedFrame:
    """A frame and its matte. photo: the frame in RGB; small: the photo as `network_input.shrunk` gives it; matte: as
    `network_input.undo` gives it, of that size, steadied if so wished.

    present: whether a person is there; motion: share of the silhouette that changed since the last one, per second.
    """

    number: int
    arrived: float
    photo: Photo
    small: U8
    matte: F32
    present: bool
    motion: float


class MattingThread(threading.Thread):
    """Looks at the newest frame as often as the network can, or `pause` seconds after the last one.

    height: of the pictures that it looks at, in lines at most.
    """

    def __init__(
        self, frames: Latest[Frame], engine: Engine, model: ModelSpec, *, height: int, steady: bool, pause: float
    ) -> None:
        super().__init__(name="matting", daemon=True)
        self.seen: Latest[MattedFrame] = Latest()
        self._frames = frames
        self._engine = engine
        self._model = model
        self._height = height
        self._steady = Steady() if steady else None
        self._pause = pause
        self._ending = threading.Event()
        self._last: tuple[F32, float] | None = None
        self._begun: float | None = None

    def close(self) -> None:
        """After the frame in hand."""
        self._ending.set()

    def busy_for(self, now: float) -> float:
        """Seconds that it has been at the frame in hand, 0 without one."""
        begun = self._begun
        return 0.0 if begun is None else now - begun

    def run(self) -> None:
        number = 0
        while not self._ending.is_set():
            frame = self._frames.after(number, 0.5)
            if frame is not None:
                number, self._begun = frame.number, time.monotonic()
                self.seen.put(self._look(frame))
                self._begun = None
                self._ending.wait(self._pause)
        self.seen.close()

    def _look(self, frame: Frame) -> MattedFrame:
        photo = Photo(frame.rgb(self._height))
        small = shrunk(photo, self._model.input)
        tensor, geometry = network_input(photo, self._model.input, small)
        matte = undo(self._engine.infer(tensor), geometry)
        presence = self._model.presence
        present = bool((matte >= 0.5).mean() >= presence.min_coverage and np.quantile(matte, 0.999) >= presence.min_peak)
        if self._steady is not None:
            matte = self._steady(matte, _grey(frame, matte), frame.arrived)
        return MattedFrame(frame.number, frame.arrived, photo, small, matte, present, self._motion(matte, frame.arrived))

    def _motion(self, matte: F32, arrived: float) -> float:
        before, self._last = self._last, (matte, arrived)
        if before is None or before[0].shape != matte.shape or arrived <= before[1]:
            return 0.0
        changed = float(np.abs(matte - before[0]).sum()) / max(1.0, float(matte.sum()))
        return changed / (arrived - before[1])


def _grey(frame: Frame, matte: F32) -> U8:
    """The frame's brightness at the matte's size."""
    size = (matte.shape[1], matte.shape[0])
    return np.asarray(cv2.resize(frame.luma(), size, interpolation=cv2.INTER_AREA), np.uint8)
