"""The GPU's pixel work as the pipeline takes it: all on the device but backdrops made of whole pictures."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from matting.composite import backdrop, composite, cropped, with_opacity
from matting.cuda.batch import Finished, Task
from matting.cuda.gpu_thread import GpuThread
from matting.photo import U8, Photo, Settings
from matting.pipeline import Pixels


class GpuWork:
    """`matting.pipeline.PixelWork` on a GPU thread; safe to call from several threads."""

    def __init__(self, gpu_thread: GpuThread) -> None:
        self._gpu_thread = gpu_thread

    def pixels(self, photo: Photo, settings: Settings, on_stage: Callable[[str], None]) -> Pixels:
        """See `PixelWork.pixels`."""
        if settings.background.kind in ("blur", "picture"):
            return self._before_a_picture(photo, settings, on_stage)
        # Neither nothing nor an even colour looks at the matte.
        behind = backdrop(photo, np.empty((0, 0), np.uint8), settings.background, settings.format)
        done = self._gpu_thread.submit(Task(photo, settings.controls, settings.crop, photo.opacity, behind, on_stage)).result()
        on_stage("composite")
        pixels = done.rgba if behind is None else np.asarray(cv2.cvtColor(done.rgba, cv2.COLOR_RGBA2RGB), np.uint8)
        return Pixels(pixels, np.ascontiguousarray(done.rgba[..., 3]), done.coverage)

    def _before_a_picture(self, photo: Photo, settings: Settings, on_stage: Callable[[str], None]) -> Pixels:
        done = self._gpu_thread.submit(Task(photo, settings.controls, settings.crop, None, None, on_stage)).result()
        on_stage("composite")
        rgb, alpha = cropped(photo.rgb, done.box), np.ascontiguousarray(done.rgba[..., 3])
        opacity = None if photo.opacity is None else cropped(photo.opacity, done.box)
        behind = backdrop(Photo(rgb, opacity, photo.icc), alpha, settings.background, settings.format)
        seen = with_opacity(alpha, opacity)
        return Pixels(composite(_colours(done), seen, behind), seen, done.coverage)


def _colours(done: Finished) -> U8:
    return np.asarray(cv2.cvtColor(done.rgba, cv2.COLOR_RGBA2RGB), np.uint8)
