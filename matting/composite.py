"""The cut-out as pixels: transparent, or before a background."""

from __future__ import annotations

import cv2
import numpy as np

from matting import native
from matting.backgrounds.base import Background
from matting.backgrounds.colour import WHITE
from matting.bands import bands, side_by_side
from matting.foreground import by_rows, foreground
from matting.formats.base import Format
from matting.photo import U8, Box, Photo

ROWS = 64  # rows composed at a time: bounds the memory for float weights
SMALL_SIDE = 512  # the subject is looked for at this size first
SPECK = 0.05  # a part of the matte smaller than this share of the largest does not count as subject


def with_opacity(alpha: U8, opacity: U8 | None) -> U8:
    """The matte (HxW) times the photo's own opacity: what was transparent stays so."""
    return alpha if opacity is None else np.asarray(cv2.multiply(alpha, opacity, scale=1 / 255), np.uint8)


def backdrop(photo: Photo, alpha: U8, background: Background, format: Format) -> U8 | None:
    """What goes behind the person, see `Background.behind`. Where nothing does, a format without transparency gets white."""
    behind = background.behind(photo, alpha)
    if behind is None and not format.alpha:
        return WHITE.behind(photo, alpha)
    return behind


def composite(colours: U8, alpha: U8, behind: U8 | None) -> U8:
    """HxWx4 with straight alpha, its RGB 0 wherever alpha is, when nothing is behind; else HxWx3."""
    height, width = alpha.shape
    channels = 4 if behind is None else 3
    result = np.empty((height, width, channels), np.uint8)
    colours, alpha = np.ascontiguousarray(colours), np.ascontiguousarray(alpha)

    def one(rows: slice) -> None:
        if behind is None:
            result[rows] = _transparent(colours[rows], alpha[rows])
        else:
            _over(colours[rows], alpha[rows], behind if behind.shape[:2] == (1, 1) else behind[rows], result[rows])

    for _ in side_by_side(one, [slice(*rows) for rows in bands(height, ROWS)]):
        pass
    return result


def transparent(rgb: U8, alpha: U8) -> U8:
    """HxWx4: the person of a photo in their own colours, as `foreground` and `composite` give it, in one pass."""
    return by_rows(rgb, alpha, 4) if native.available() else composite(foreground(rgb, alpha), alpha, None)


def crop_box(alpha: U8, margin: float) -> Box:
    """The box of everything with alpha >= 128 that is no speck, and `margin` times its larger side around it.

    It stays within the frame; a matte without a subject gives the whole frame.
    """
    height, width = alpha.shape
    found = subject_box(alpha, 128)
    if found is None:
        return Box(0, 0, height, width)
    extra = round(margin * max(found.height, found.width))
    return Box(
        max(0, found.top - extra),
        max(0, found.left - extra),
        min(height, found.bottom + extra),
        min(width, found.right + extra),
    )


def subject_box(alpha: U8, level: int) -> Box | None:
    """The box of everything with alpha >= `level` that is no speck; None where there is nothing.

    Looked for in a small copy, where specks vanish or stand alone; then exactly, around what was found there.
    """
    height, width = alpha.shape
    scale = max(1.0, max(height, width) / SMALL_SIDE)
    small = cv2.resize(alpha, (max(1, round(width / scale)), max(1, round(height / scale))), interpolation=cv2.INTER_AREA)
    _, _, stats, _ = cv2.connectedComponentsWithStats((small >= level).astype(np.uint8))
    parts = stats[1:]
    if not len(parts):
        return None
    parts = parts[parts[:, cv2.CC_STAT_AREA] >= SPECK * parts[:, cv2.CC_STAT_AREA].max()]
    y_scale, x_scale = height / small.shape[0], width / small.shape[1]
    left, top = int((parts[:, 0].min() - 1) * x_scale), int((parts[:, 1].min() - 1) * y_scale)
    right = int(((parts[:, 0] + parts[:, 2]).max() + 1) * x_scale) + 1
    bottom = int(((parts[:, 1] + parts[:, 3]).max() + 1) * y_scale) + 1
    left, top = max(0, left), max(0, top)
    window = alpha[top:bottom, left:right] >= level
    rows, columns = np.flatnonzero(window.any(axis=1)), np.flatnonzero(window.any(axis=0))
    if not rows.size:
        return None
    return Box(top + int(rows[0]), left + int(columns[0]), top + int(rows[-1]) + 1, left + int(columns[-1]) + 1)


def cropped(pixels: U8, box: Box) -> U8:
    """That part of HxW or HxWxC pixels, as an array of its own."""
    return np.ascontiguousarray(pixels[box.top : box.bottom, box.left : box.right])


def _transparent(foreground: U8, alpha: U8) -> U8:
    rgba = cv2.cvtColor(foreground, cv2.COLOR_RGB2RGBA)
    rgba[..., 3] = alpha
    return np.asarray(cv2.copyTo(rgba, alpha), np.uint8)


def _over(front: U8, alpha: U8, behind: U8, result: U8) -> None:
    behind = np.ascontiguousarray(behind)
    if native.available():
        native.over_rows(front, alpha, behind, result)
        return
    share = alpha.astype(np.float32) / 255
    result[:] = cv2.blendLinear(front, np.ascontiguousarray(np.broadcast_to(behind, front.shape)), share, 1 - share)
