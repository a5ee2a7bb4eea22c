"""The photo's own background, out of focus."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from matting.backgrounds.base import Background
from matting.network_input import resize
from matting.photo import U8, Photo

_SIDE = 512  # it is found at this size: nothing finer is left in it
_SIGMA = 0.02  # of the larger side


@dataclass(frozen=True, slots=True)
class Blur(Background):
    """The photo blurred, each pixel counting by how much of it is background: the person leaves no halo."""

    def behind(self, photo: Photo, alpha: U8) -> U8 | None:
        """See `Background.behind`."""
        height, width = alpha.shape
        scale = min(1.0, _SIDE / max(height, width))
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        person = cv2.resize(alpha, size[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
        # A tenth of the person, or a neighbour that has it, is enough to not count: such pixels carry the person's colours.
        weight = np.clip(1 - 10 * cv2.dilate(person, np.ones((3, 3), np.uint8)), 0, 1)[..., np.newaxis]
        weighted = np.dstack([resize(photo.rgb, *size).astype(np.float32) * weight, weight])
        sigma = max(_SIGMA * max(size), 0.5)
        total = np.asarray(cv2.GaussianBlur(weighted, (0, 0), sigma), np.float32)
        # Deep inside the person no background is near: there the mean of all takes over, and grey where there is none.
        total += (weighted.mean(axis=(0, 1)) * 1e-3 + np.array([127, 127, 127, 1]) * 1e-7).astype(np.float32)
        blurred = np.clip(np.rint(total[..., :3] / total[..., 3:]), 0, 255).astype(np.uint8)
        return resize(blurred, height, width)


def parse_blur(text: str) -> Blur | None:
    """The word "blur"."""
    return Blur() if text.lower() == "blur" else None
