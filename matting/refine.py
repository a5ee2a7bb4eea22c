"""The network's matte at the photo's size, with the photo's own edges: a fast guided filter in colour.

He and Sun, "Fast Guided Filter", 2015: in every small window the matte is taken as a linear function of the colour,
alpha = a.rgb + b. The functions are found at the network's resolution and evaluated with the full-size photo. Added
here: what they miss of the network's matte at its own resolution is put into b, so that the result, made small again,
is the network's matte. matting/README.md has the measurements behind RADIUS, EPSILON and this correction.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matting import native
from matting.bands import run, side_by_side
from matting.network_input import resize
from matting.photo import F32, U8, Photo
from matting.upsample import covered, enlarged, tiles

RADIUS = 2  # of the windows, in pixels of the network's matte
EPSILON = 1e-5  # the colour variance (colours 0..1) that still counts as flat
UNSURE = 0.02  # alpha this near to 0 or 1 is settled
_ROWS = 32  # of a band at least, where several cores share a photo
MARGIN = 2  # network pixels by which the unsure band is widened: strands reach out of it


def refine(alpha: F32, photo: Photo, small: U8 | None = None) -> U8:
    """The full-size matte (HxW, 0..255) from the network's (any size, 0..1, showing the whole photo). small: the photo at that
    size, as `matting.network_input.resize` gives it, where that is there already.

    Only the unsure band is computed; elsewhere the result is exactly 0 or 255. Besides the result it takes about
    30 MB for a network of 512x512, whatever the size of the photo.
    """
    if small is None:
        small = resize(photo.rgb, *alpha.shape)
    guide = np.ascontiguousarray(small.transpose(2, 0, 1) / np.float32(255), np.float32)
    alpha = np.ascontiguousarray(alpha)
    band = widened(unsure(alpha), MARGIN)
    return evaluate(_functions(guide, alpha, band), band, photo.rgb)


def unsure(alpha: F32) -> NDArray[np.bool_]:
    """Where alpha is between 0 and 1, or jumps from one to the other."""
    around = np.ones((3, 3), np.uint8)
    jumps = cv2.dilate(alpha, around) - cv2.erode(alpha, around) > UNSURE
    return np.asarray(jumps | ((alpha > UNSURE) & (alpha < 1 - UNSURE)), np.bool_)


def widened(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """The mask, and what is at most `pixels` from it along both axes."""
    square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), square), np.bool_)


def _functions(guide: F32, alpha: F32, band: NDArray[np.bool_]) -> F32:
    """a and b for each pixel of the small matte, 4xHxW: for colours and an alpha of 0..255 alpha = planes[:3].rgb + planes[3].

    What the band's functions are averaged from, a window around, is all that is solved. Outside of the band a = 0 and b is 0
    or 255: enlarging the planes then also blends band and rest without a seam.
    """
    a = _windows(guide, alpha, widened(band, RADIUS))
    if native.available():
        planes = np.empty((4, *alpha.shape), np.float32)
        run(lambda *rows: native.function_rows(a, guide, alpha, band, RADIUS, planes, *rows), len(alpha), _ROWS)
        return planes
    a = _average(a)
    # The paper averages b as well. This b makes the function exact here, in the middle of its window, instead: the
    # matte's own detail stays.
    b = np.where(band, alpha - (a * guide).sum(axis=0), alpha > 0.5) * np.float32(255)
    return np.concatenate([a * band, b[np.newaxis]], dtype=np.float32)


def _windows(guide: F32, alpha: F32, near: NDArray[np.bool_]) -> F32:
    """a of the windows around the pixels that `near` marks, 0 elsewhere, 3xHxW."""
    a = np.zeros(guide.shape, np.float32)
    if native.available():
        run(lambda *rows: native.window_rows(guide, alpha, near, RADIUS, EPSILON, a, *rows), len(alpha), _ROWS)
        return a
    mean, alpha_mean = _average(guide), _average(alpha[np.newaxis])
    covariance = _average(guide * alpha) - mean * alpha_mean
    a[:, near] = solved(_variances(guide, mean)[:, near], covariance[:, near])
    return a


def _average(planes: F32) -> F32:
    """Mean over the window, CxHxW."""
    side = 2 * RADIUS + 1

    def blurred(plane: F32) -> F32:
        return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    return np.stack(list(side_by_side(blurred, list(planes))))


def _variances(guide: F32, mean: F32) -> F32:
    """The six different entries of the windows' colour covariance: rr, rg, rb, gg, gb, bb, EPSILON on the diagonal."""
    first, second = [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]
    entries = _average(guide[first] * guide[second]) - mean[first] * mean[second]
    entries[[0, 3, 5]] += np.float32(EPSILON)
    return entries


def solved(variances: F32, covariance: F32) -> F32:
    """a = variances^-1 covariance in every pixel (3xN), by Cramer's rule with the cofactors of the symmetric 3x3.

    In double precision: on a grey photo the three colours are one, and the determinant is a difference of nearly
    equal numbers that single precision loses.
    """
    rr, rg, rb, gg, gb, bb = variances.astype(np.float64)
    crr, crg, crb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    cgg, cgb, cbb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    # Rounding may take the determinant of a flat window below its true minimum; without the floor a would explode.
    determinant = np.maximum(rr * crr + rg * crg + rb * crb, EPSILON**3)
    x, y, z = covariance
    a = np.stack([crr * x + crg * y + crb * z, crg * x + cgg * y + cgb * z, crb * x + cgb * y + cbb * z])
    return np.asarray(a / determinant, np.float32)


def evaluate(planes: F32, band: NDArray[np.bool_], rgb: U8) -> U8:
    """a.rgb + b over the frame; `planes` give 0..255 for colours of 0..255 in a and an offset b of 0..255."""
    height, width = rgb.shape[:2]
    result = np.empty((height, width), np.uint8)
    if native.available():
        planes, rgb = np.ascontiguousarray(planes), np.ascontiguousarray(rgb)
        run(lambda *rows: native.alpha_rows(planes, band, rgb, result, *rows), height, _ROWS)
        return result
    for tile in tiles(height, width):
        target = result[tile.top : tile.bottom, tile.left : tile.right]
        rows, columns = covered(tile, (band.shape[0], band.shape[1]), height, width)
        if not band[rows, columns].any():
            target[:] = planes[3, rows.start, columns.start]
            continue
        a = enlarged(planes, tile, height, width)
        alpha = a[3]
        for channel, colour in enumerate(cv2.split(rgb[tile.top : tile.bottom, tile.left : tile.right])):
            a[channel] *= colour
            alpha += a[channel]
        target[:] = np.clip(np.rint(alpha), 0, 255)
    return result
