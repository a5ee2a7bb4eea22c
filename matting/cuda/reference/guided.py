"""The reference of guided.cuh, by the functions of matting/refine.py; window means in double precision."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matting.controls import thresholded
from matting.cuda.reference.flat import colours, shaped
from matting.photo import F32, U8
from matting.refine import EPSILON, MARGIN, RADIUS, solved, widened
from matting.refine import evaluate as evaluated
from matting.refine import unsure as unsure_pixels


def undo_box(output: F32, stride: int, top: int, left: int, matte: F32, height: int, width: int) -> None:
    """The photo's part of the network's output, within 0..1."""
    rows = output[: (top + height - 1) * stride + left + width]
    rows = np.pad(rows, (0, -rows.size % stride)).reshape(-1, stride)
    shaped(matte, height, width)[:] = np.clip(rows[top : top + height, left : left + width], 0, 1)


def unsure(matte: F32, found: U8, height: int, width: int) -> None:
    """1 where the matte is between 0 and 1, or jumps."""
    shaped(found, height, width)[:] = unsure_pixels(shaped(matte, height, width))


def widen(found: U8, band: U8, height: int, width: int) -> None:
    """`found` widened by MARGIN pixels."""
    shaped(band, height, width)[:] = widened(shaped(found, height, width) > 0, MARGIN)


def solve(guide: U8, matte: F32, band: U8, a: F32, height: int, width: int) -> None:
    """a of the windows near the band, else 0."""
    rgb, alpha = colours(guide, height, width).astype(np.float64) / 255, shaped(matte, height, width).astype(np.float64)
    mean, alpha_mean = _means(rgb), _means(alpha[np.newaxis])
    first, second = [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]
    variances = _means(rgb[first] * rgb[second]) - mean[first] * mean[second]
    variances[[0, 3, 5]] += EPSILON
    near = widened(shaped(band, height, width) > 0, RADIUS)
    result = shaped(a, 3, height, width)
    result[:] = 0
    result[:, near] = solved(variances[:, near], (_means(rgb * alpha) - mean * alpha_mean)[:, near])


def functions(guide: U8, matte: F32, band: U8, a: F32, planes: F32, height: int, width: int) -> None:
    """Averaged a and the b that goes with it, for 0..255; outside of the band 0 and 0 or 255."""
    rgb, alpha = colours(guide, height, width) / np.float32(255), shaped(matte, height, width)
    inside, mean = shaped(band, height, width) > 0, _means(shaped(a, 3, height, width))
    result = shaped(planes, 4, height, width)
    result[:3] = mean * inside
    result[3] = np.where(inside, alpha - (mean * rgb).sum(axis=0), alpha > 0.5) * 255


def evaluate(
    planes: F32, low_height: int, low_width: int, rgb: U8, alpha: U8, height: int, width: int, threshold: int
) -> None:
    """The matte at the photo's size, and the threshold."""
    everywhere = np.ones((low_height, low_width), np.bool_)
    full = evaluated(shaped(planes, 4, low_height, low_width), everywhere, shaped(rgb, height, width, 3))
    shaped(alpha, height, width)[:] = thresholded(full, threshold)


def _means(planes: NDArray[np.floating]) -> NDArray[np.floating]:
    side = 2 * RADIUS + 1
    return np.stack([cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT) for plane in planes])
