"""A transparent picture in another size: premultiplied, so that nothing of what cannot be seen is mixed into what can.

Area average where it shrinks, linear where it grows, in float and a band of rows at a time.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from matting.photo import F32, U8

_BAND = 1 << 20  # pixels of the source worked on at a time: 16 MB


def resampled(rgba: U8, height: int, width: int) -> U8:
    """HxWx4 with straight alpha as height x width x 4, its RGB 0 wherever alpha is."""
    if rgba.shape[:2] == (height, width):
        return rgba
    step = rgba.shape[0] / height
    rows = max(1, int(_BAND / (rgba.shape[1] * max(1.0, step))))
    result = np.empty((height, width, 4), np.uint8)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, weights = _weights(top, bottom, step, rgba.shape[0])
        band = _to_width(_premultiplied(rgba[first : first + weights.shape[1]]), width)
        mixed = weights @ band.reshape(len(band), -1)
        result[top:bottom] = _straight(mixed.reshape(bottom - top, width, 4))
    return result


def _weights(top: int, bottom: int, step: float, height: int) -> tuple[int, F32]:
    """How much each row of the source counts in the rows top..bottom: the first that does, and (bottom - top) x rows.

    step: rows of the source to one of the result. height: rows of the source.
    """
    target = np.arange(top, bottom)[:, np.newaxis]
    if step >= 1:
        first, last = int(top * step), min(height, math.ceil(bottom * step))
        source = np.arange(first, last)
        found = np.minimum((target + 1) * step, source + 1) - np.maximum(target * step, source)
    else:
        centre = np.clip((target + 0.5) * step - 0.5, 0, height - 1)
        first, last = int(centre[0, 0]), min(height, int(centre[-1, 0]) + 2)
        found = 1 - np.abs(centre - np.arange(first, last))
    found = np.maximum(found, 0)
    return first, (found / found.sum(axis=1, keepdims=True)).astype(np.float32)


def _to_width(band: F32, width: int) -> F32:
    if band.shape[1] == width:
        return band
    how = cv2.INTER_AREA if width < band.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(band, (width, len(band)), interpolation=how), np.float32)


def _premultiplied(rgba: U8) -> F32:
    """RGB times alpha (0..255 * 255), and alpha."""
    band = rgba.astype(np.float32)
    band[..., :3] *= band[..., 3:]
    return band


def _straight(mixed: F32) -> U8:
    alpha = np.rint(mixed[..., 3:])
    colours = np.rint(mixed[..., :3] / np.maximum(mixed[..., 3:], np.float32(1e-3))) * (alpha > 0)
    result: U8 = np.clip(np.concatenate([colours, alpha], axis=2), 0, 255).astype(np.uint8)
    return result
