"""The matte alone: for programs that put the photo together themselves."""

from __future__ import annotations

import numpy as np

from matting.formats.base import Format
from matting.formats.png import write_png
from matting.photo import U8


def _write(pixels: U8, icc: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """A grey PNG. What stands on a background has no alpha any more, and is white all over."""
    alpha = pixels[:, :, 3] if pixels.shape[2] == 4 else np.full(pixels.shape[:2], 255, np.uint8)
    return write_png(alpha, None, dpi)


ALPHA = Format("alpha", ".png", _write)
