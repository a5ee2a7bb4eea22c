"""Shapes over flat buffers, as the kernels index them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matting.photo import F32, U8


def shaped(flat: NDArray[Any], *shape: int) -> NDArray[Any]:
    """The first values of the buffer, as an array of that shape; to be written into as well."""
    return flat[: int(np.prod(shape))].reshape(shape)


def strided(flat: U8, stride: int, height: int, width: int, channels: int = 1) -> U8:
    """height x width x channels (two dimensions where that is 1) of rows that lie `stride` pixels apart, as a copy."""
    begins = np.arange(height)[:, np.newaxis] * stride * channels
    values: U8 = flat[begins + np.arange(width * channels)]
    return values if channels == 1 else values.reshape(height, width, channels)


def colours(rgb: U8, height: int, width: int) -> F32:
    """height x width x 3 bytes as 3 planes, 0..255."""
    return np.ascontiguousarray(shaped(rgb, height, width, 3).transpose(2, 0, 1), np.float32)
