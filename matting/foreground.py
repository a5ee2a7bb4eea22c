"""The person's own colours at the edge, without the old background: blur fusion.

Forte and Pitie, "Approximate Fast Foreground Colour Estimation", ICIP 2021: foreground and background are blurred,
each weighted by its share, and corrected by what the photo says; twice, with a wide and then a narrow blur. Two
things differ here: the blurs grow with the photo, and the wide ones go by the share's cube. On synthetic hair of 500,
700 and 1600 px before loud green, the colour error left in the band (0..255; 13.1, 14.3, 15.3 with the photo's
colours) was 3.7, 6.1, 11.1 with the paper's constants, is 2.6, 2.8, 3.4 with these, and 1.8, 2.2, 3.0 with pymatting.
"""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np

from matting import native
from matting.bands import bands, cores, run, side_by_side
from matting.network_input import resize
from matting.photo import F32, U8
from matting.upsample import enlarged, tiles

WIDE, NARROW = 90, 6  # sides of the box blurs as in the paper, but in pixels of the reduced size
MOST_REDUCED = 4  # the blurs are found at up to a quarter of the size, and applied at the full
SURE = 3  # the wide blurs weight by the share to this power: colours of the sure pixels reach the unsure ones
REDUCE_ABOVE = 400  # pixels of the larger side per step of reduction
_ROWS = 64  # of a band at least, where several cores share a photo
_NOTHING = 1e-10


def foreground(rgb: U8, alpha: U8) -> U8:
    """HxWx3: the colours to put on another background with `alpha` (HxW).

    Wherever alpha is 0 or 255 they are the photo's.
    """
    if native.available():
        return by_rows(rgb, alpha, 3)
    result: U8 = rgb.copy()
    height, width = alpha.shape
    blurred = None
    for tile in tiles(height, width):
        window = (slice(tile.top, tile.bottom), slice(tile.left, tile.right))
        edge = cv2.inRange(alpha[window], 1, 254)
        if not edge.any():
            continue
        if blurred is None:
            blurred = _estimate(rgb, alpha)
        around = enlarged(blurred, tile, height, width)
        exact = corrected(around[:3], around[3:], _planes(rgb[window]), share_of(alpha[window]))
        cv2.copyTo(cv2.merge(list(np.rint(exact).astype(np.uint8))), edge, result[window])
    return result


def by_rows(rgb: U8, alpha: U8, channels: int) -> U8:
    """The same by `matting.native`, or with 4 channels with straight alpha, their colours 0 wherever alpha is."""
    rgb, alpha = np.ascontiguousarray(rgb), np.ascontiguousarray(alpha)
    edges = any(cv2.inRange(alpha[top:bottom], 1, 254).any() for top, bottom in bands(len(alpha), _ROWS))
    estimate = _estimate(rgb, alpha) if edges else None
    result = np.empty((*alpha.shape, channels), np.uint8)
    run(lambda top, bottom: native.colour_rows(estimate, rgb, alpha, result[top:bottom], top, bottom), len(alpha), _ROWS)
    return result


def _estimate(rgb: U8, alpha: U8) -> F32:
    """The narrow blurs of foreground and background, 6xhxw, 0..255, at the reduced size."""
    factor = min(MOST_REDUCED, max(1, round(max(alpha.shape) / REDUCE_ABOVE)))
    size = (-(-alpha.shape[0] // factor), -(-alpha.shape[1] // factor))
    small, share_small = side_by_side(lambda pixels: resize(pixels, *size), [rgb, alpha])
    colours, share = _planes(small), share_of(share_small)
    if native.available():
        return _blurs_by_rows(colours, share)
    rest = np.float32(1) - share
    back = _weighted_blur(colours, rest**SURE, WIDE)
    front = corrected(_weighted_blur(colours, share**SURE, WIDE), back, colours, share)
    return np.concatenate([_weighted_blur(front, share, NARROW), _weighted_blur(back, rest, NARROW)])


def _blurs_by_rows(colours: F32, share: F32) -> F32:
    """The same by `matting.native`."""
    front, back = np.empty_like(colours), np.empty_like(colours)
    result = np.empty((6, *share.shape), np.float32)
    # Before each band a window's rows are added up: as few bands as there are cores, and both blurs at once.
    halves = bands(len(share), -(-len(share) // max(1, cores() // 2)))

    def blurred(*blurs: tuple[F32, F32, bool], side: int, power: int) -> None:
        def one(job: tuple[tuple[F32, F32, bool], tuple[int, int]]) -> None:
            (planes, out, behind), rows = job
            native.blur_rows(planes, share, out, *rows, side=side, behind=behind, power=power, nothing=_NOTHING)

        for _ in side_by_side(one, list(product(blurs, halves))):
            pass

    blurred((colours, back, True), (colours, front, False), side=WIDE, power=SURE)
    run(lambda *rows: native.correct_rows(front, back, colours, share, *rows), len(share), _ROWS)
    blurred((front, result[:3], False), (back, result[3:], True), side=NARROW, power=1)
    return result


def _planes(rgb: U8) -> F32:
    """HxWx3 as 3xHxW float32: arithmetic on whole planes is several times as fast as on interleaved colours."""
    return np.ascontiguousarray(rgb.transpose(2, 0, 1), np.float32)


def share_of(alpha: U8) -> F32:
    """0..255 as 0..1."""
    return np.asarray(alpha * np.float32(1 / 255), np.float32)


def _weighted_blur(planes: F32, weight: F32, side: int) -> F32:
    """Box mean weighted by `weight`. Where none is near, next to nothing is divided by next to nothing: _NOTHING keeps
    that at 0, and is still small beside the cube of 1/255."""
    total = cv2.blur(weight, (side, side)) + np.float32(_NOTHING)
    return np.stack([cv2.blur(plane * weight, (side, side)) / total for plane in planes]).astype(np.float32, copy=False)


def corrected(front: F32, back: F32, colours: F32, share: F32) -> F32:
    """The front moved, by its share, towards what explains the photo's colours (equation 7 of the paper):
    front + share * (colours - share * front - (1 - share) * back)."""
    result = back - front
    result *= share
    result += colours
    result -= back
    result *= share
    result += front
    return np.asarray(np.clip(result, 0, 255, out=result), np.float32)
