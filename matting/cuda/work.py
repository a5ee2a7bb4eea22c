"""The GPU's pixel work as the pipeline takes it: all on the device but backgrounds that are more than an even colour."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from matting.by_face import made_by_face
from matting.canvas import on_canvas
from matting.composite import backdrop, composite, cropped, with_opacity
from matting.cuda.batch import Finished, Task
from matting.cuda.gpu_thread import GpuThread
from matting.framing import Framing
from matting.photo import U8, Photo
from matting.pixel_work import OnStage, Pixels
from matting.settings import Settings


class GpuWork:
    """`matting.pixel_work.PixelWork` on a GPU thread; safe to call from several threads."""

    def __init__(self, gpu_thread: GpuThread, name: str = "gpu", network_bytes: int = 0) -> None:
        """network_bytes: what the network holds of the GPU's memory, as far as that is known."""
        self._gpu_thread = gpu_thread
        self._network_bytes = network_bytes
        self.name = name

    @property
    def gpu_bytes(self) -> int:
        """See `PixelWork.gpu_bytes`; the network's own work space is not in it."""
        return self._network_bytes + self._gpu_thread.bytes

    def pixels(self, load: Callable[[], Photo], settings: Settings, on_stage: OnStage) -> Pixels:
        """See `PixelWork.pixels`."""
        photo = load()
        if settings.by_face:
            return self._by_face(photo, settings, on_stage)
        if settings.framing is not None:
            return self._framed(photo, settings.framing, settings, on_stage)
        if not settings.background.even:
            return self._before_a_background(photo, settings, on_stage)
        # Neither nothing nor an even colour looks at the matte.
        behind = backdrop(photo, np.empty((0, 0), np.uint8), settings.background, settings.format)
        done = self._gpu_thread.submit(Task(photo, settings.controls, settings.crop, photo.opacity, behind, on_stage)).result()
        on_stage("composite")
        pixels = done.rgba if behind is None else _colours(done)
        return Pixels(pixels, np.ascontiguousarray(done.rgba[..., 3]), done.coverage, photo.icc, photo.dpi, photo.about)

    def close(self) -> None:
        """See `PixelWork.close`."""
        self._gpu_thread.close()

    def _by_face(self, photo: Photo, settings: Settings, on_stage: OnStage) -> Pixels:
        done = self._gpu_thread.submit(Task(photo, settings.controls, None, photo.opacity, None, on_stage)).result()
        on_stage("composite")
        whole = Pixels(photo.rgb, np.ascontiguousarray(done.rgba[..., 3]), done.coverage, photo.icc, photo.dpi, photo.about)
        return made_by_face(lambda box: cropped(done.rgba, box), whole, settings)

    def _framed(self, photo: Photo, framing: Framing, settings: Settings, on_stage: OnStage) -> Pixels:
        done = self._gpu_thread.submit(Task(photo, settings.controls, settings.crop, photo.opacity, None, on_stage)).result()
        on_stage("composite")
        rgb = cropped(photo.rgb, done.box) if settings.background.needs_matte else None
        pixels, alpha = on_canvas(done.rgba, rgb, photo.icc, framing, settings)
        return Pixels(pixels, alpha, done.coverage, photo.icc, photo.dpi, photo.about)

    def _before_a_background(self, photo: Photo, settings: Settings, on_stage: OnStage) -> Pixels:
        done = self._gpu_thread.submit(Task(photo, settings.controls, settings.crop, None, None, on_stage)).result()
        on_stage("composite")
        rgb, alpha = cropped(photo.rgb, done.box), np.ascontiguousarray(done.rgba[..., 3])
        opacity = None if photo.opacity is None else cropped(photo.opacity, done.box)
        behind = backdrop(Photo(rgb, opacity, photo.icc), alpha, settings.background, settings.format)
        seen = with_opacity(alpha, opacity)
        return Pixels(composite(_colours(done), seen, behind), seen, done.coverage, photo.icc, photo.dpi, photo.about)


def _colours(done: Finished) -> U8:
    return np.asarray(cv2.cvtColor(done.rgba, cv2.COLOR_RGBA2RGB), np.uint8)
