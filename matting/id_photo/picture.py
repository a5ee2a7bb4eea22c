"""The pixels of an ID photo: a part of the photo turned, scaled and moved to its place, before a colour or its own ground."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from matting.bands import run
from matting.face.values import F64
from matting.network_input import resize
from matting.photo import U8, Box

_MARGIN = 8  # pixels: the colours of an edge are found from its surroundings
_ROWS = 256  # multiplied at a time


# Gives the cut-out (hxwx4, straight alpha) of a part of the photo: only what is shown needs the colours of its edge.
CutOutPart = Callable[[Box], U8]


def shown(shape: tuple[int, ...], matrix: F64, size: tuple[int, int]) -> tuple[Box, F64]:
    """The part of a photo (height, width, ...) that a picture of `size` (width, height) shows, with a small margin, and the
    matrix from there. matrix: 2x3, from the photo's pixels to the picture's."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    seen = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    low, high = np.floor(seen.min(axis=0)).astype(int) - _MARGIN, np.ceil(seen.max(axis=0)).astype(int) + _MARGIN
    left, top = (int(min(max(value, 0), side - 1)) for value, side in zip(low, shape[1::-1], strict=True))
    right, bottom = (int(min(max(value, 1), side)) for value, side in zip(high, shape[1::-1], strict=True))
    top, bottom = _in_eights(top, max(bottom, top + 1), shape[0])
    left, right = _in_eights(left, max(right, left + 1), shape[1])
    box = Box(top, left, bottom, right)
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ np.array([box.left, box.top])
    return box, moved


def _in_eights(low: int, high: int, most: int) -> tuple[int, int]:
    """The range made longer, within 0..most, to a multiple of 8 where there is room: halving that is many times faster."""
    longer = min(most, high + -(high - low) % 8)
    return max(0, low - -(longer - low) % 8), longer


def transparent(rgba: U8, matrix: F64, size: tuple[int, int]) -> U8:
    """The finished picture as HxWx4 with straight alpha, its RGB 0 wherever alpha is; see `before_colour`."""
    moved = _moved(_shrunk(_premultiplied(rgba), matrix), rgba.shape[:2], matrix, size)
    alpha = moved[..., 3:].astype(np.float32)
    straight = np.rint(moved[..., :3] * (255 / np.maximum(alpha, 1)))
    return np.concatenate([np.clip(straight, 0, 255).astype(np.uint8) * (alpha > 0), moved[..., 3:]], axis=2).astype(np.uint8)


def before_colour(rgba: U8, colour: U8, matrix: F64, size: tuple[int, int]) -> tuple[U8, U8]:
    """The finished picture (HxWx3) and its alpha (HxW). rgba: hxwx4 with straight alpha, the part that is `shown`; colour: 3
    values, of the background; matrix: 2x3, from its pixels to the picture's; size: (width, height)."""
    moved = _moved(_shrunk(_premultiplied(rgba), matrix), rgba.shape[:2], matrix, size)
    alpha = moved[..., 3]
    share = (255 - alpha.astype(np.float32))[..., np.newaxis] / 255
    picture = np.rint(moved[..., :3] + share * colour.reshape(3).astype(np.float32))
    return np.clip(picture, 0, 255).astype(np.uint8), np.ascontiguousarray(alpha)


def as_it_is(pixels: U8, matrix: F64, size: tuple[int, int]) -> U8:
    """The same of the whole photo itself, or of its matte (HxWx3 or HxW), black where it does not reach."""
    box, inner = shown(pixels.shape, matrix, size)
    part = np.ascontiguousarray(pixels[box.top : box.bottom, box.left : box.right])
    return _moved(_shrunk(part, inner), part.shape[:2], inner, size)


def _premultiplied(rgba: U8) -> U8:
    """HxWx4 with its colours times alpha."""
    result = np.empty(rgba.shape, np.uint8)

    def work(top: int, bottom: int) -> None:
        rows = slice(top, bottom)
        alpha = cv2.cvtColor(np.ascontiguousarray(rgba[rows, :, 3]), cv2.COLOR_GRAY2BGRA)
        alpha[..., 3] = 255
        result[rows] = cv2.multiply(np.ascontiguousarray(rgba[rows]), alpha, scale=1 / 255)

    run(work, len(rgba), _ROWS)
    return result


def _shrunk(part: U8, matrix: F64) -> U8:
    """At twice the picture's scale at most, so that no pixel is passed over when it is moved."""
    factor = 2 * float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if factor >= 1:
        return part
    return resize(part, max(1, round(part.shape[0] * factor)), max(1, round(part.shape[1] * factor)))


def _moved(small: U8, shape: tuple[int, ...], matrix: F64, size: tuple[int, int]) -> U8:
    """small: the part in another size; shape: that which it had."""
    y_step, x_step = (full / now for full, now in zip(shape[:2], small.shape[:2], strict=True))
    # From the middles of small pixels to the middles of the picture's: OpenCV counts from those.
    turn = matrix[:, :2] * np.array([x_step, y_step])
    shift = matrix[:, 2] + turn @ np.array([0.5, 0.5]) - 0.5
    whole = np.concatenate([turn, shift.reshape(2, 1)], axis=1)
    return np.asarray(cv2.warpAffine(small, whole, size, flags=cv2.INTER_LINEAR), np.uint8)
