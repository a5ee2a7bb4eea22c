"""The reference of resize.cuh: OpenCV does the same on the CPU (matting/network_input.py)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matting.cuda.reference.flat import shaped, strided
from matting.photo import F32, U8

CELL = np.dtype([("begin", "i4"), ("end", "i4"), ("first", "f4"), ("middle", "f4"), ("last", "f4")])


def halve(photo: U8, small: U8, height: int, width: int) -> None:
    """Exactly half of an even size."""
    whole = shaped(photo, 2 * height, 2 * width, 3)
    shaped(small, height, width, 3)[:] = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)


def cells(side: NDArray[np.void], source: int, to: int) -> None:
    """What each of `to` pixels is made of, out of `source`: the part of each source pixel that it covers, over its length."""
    scale = source / to
    for target in range(to):
        start, stop = target * scale, min((target + 1) * scale, source)
        begin, end = int(start + 1e-3), int(np.ceil(stop - 1e-3))  # a sliver below a thousandth of a pixel does not count
        first, last = begin + 1 - max(begin, start), min(end, stop) - (end - 1)
        side[target] = begin, end, first / scale, 1 / scale, last / scale


def area(
    source: U8, stride: int, source_height: int, source_width: int, rows: NDArray[np.void], columns: NDArray[np.void],
    to: U8, height: int, width: int, channels: int,
) -> None:  # fmt: skip
    """Area average; OpenCV finds the cells itself."""
    pixels = strided(source, stride, source_height, source_width, channels)
    result = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    shaped(to, height, width, channels)[:] = result.reshape(height, width, channels)


def enlarge(source: U8, source_height: int, source_width: int, to: U8, height: int, width: int) -> None:
    """Linear enlargement."""
    pixels = shaped(source, source_height, source_width, 3)
    shaped(to, height, width, 3)[:] = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)


def normalise(
    small: U8, height: int, width: int, tensor: F32, tensor_height: int, tensor_width: int, top: int, left: int,
    interleaved: int, mean_r: float, mean_g: float, mean_b: float, std_r: float, std_g: float, std_b: float,
) -> None:  # fmt: skip
    """(rgb - mean) / std into the tensor's box."""
    values = shaped(small, height, width, 3).astype(np.float32)
    values -= np.array([mean_r, mean_g, mean_b], np.float32)
    values /= np.array([std_r, std_g, std_b], np.float32)
    box = (slice(top, top + height), slice(left, left + width))
    if interleaved:
        shaped(tensor, tensor_height, tensor_width, 3)[box] = values
    else:
        shaped(tensor, 3, tensor_height, tensor_width)[:, box[0], box[1]] = values.transpose(2, 0, 1)
