"""An image from a file behind the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matting.backgrounds.base import Background
from matting.network_input import resize
from matting.photo import U8, Photo
from matting.profiles import from_srgb


@dataclass(frozen=True, slots=True, eq=False)
class ImageBackground(Background):
    """image: HxWx3 uint8 sRGB, scaled to cover the photo and centred."""

    image: U8

    needs_matte: ClassVar[bool] = False

    def behind(self, photo: Photo, alpha: U8) -> U8 | None:
        """See `Background.behind`."""
        return from_srgb(_cover(self.image, photo.height, photo.width), photo.icc)


def _cover(image: U8, height: int, width: int) -> U8:
    """The centre of the image, scaled so that it fills height x width."""
    scale = max(height / image.shape[0], width / image.shape[1])
    rows = max(1, min(image.shape[0], round(height / scale)))
    columns = max(1, min(image.shape[1], round(width / scale)))
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return resize(np.ascontiguousarray(image[top : top + rows, left : left + columns]), height, width)
