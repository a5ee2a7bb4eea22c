"""The reference of colours.cuh, by the functions of matting/foreground.py and matting/composite.py."""

from __future__ import annotations

import cv2
import numpy as np

from matting.composite import composite, with_opacity
from matting.cuda.reference.flat import colours, shaped, strided
from matting.foreground import SURE, corrected, share_of
from matting.photo import F32, U8, Box
from matting.upsample import enlarged


def weigh_photo(rgb: U8, alpha: U8, weighted: F32, height: int, width: int, background: int) -> None:
    """Colours times the share's cube, and that weight."""
    _weigh(colours(rgb, height, width), _share(alpha, height, width, background) ** SURE, weighted)


def weigh_planes(planes: F32, alpha: U8, weighted: F32, height: int, width: int, background: int) -> None:
    """Planes times the share, and that share."""
    _weigh(shaped(planes, 3, height, width), _share(alpha, height, width, background), weighted)


def box_rows(source: F32, to: F32, rows: int, width: int, side: int) -> None:
    """Mean along the rows."""
    shaped(to, rows, width)[:] = cv2.blur(shaped(source, rows, width), (side, 1))


def box_columns(source: F32, to: F32, rows: int, height: int, width: int, side: int) -> None:
    """Mean down the columns of each plane."""
    planes = shaped(source, rows // height, height, width)
    shaped(to, rows // height, height, width)[:] = [cv2.blur(plane, (1, side)) for plane in planes]


def divide(weighted: F32, planes: F32, height: int, width: int) -> None:
    """Colours from weighted ones."""
    values = shaped(weighted, 4, height, width)
    shaped(planes, 3, height, width)[:] = values[:3] / (values[3] + np.float32(1e-10))


def correct(front: F32, back: F32, rgb: U8, alpha: U8, height: int, width: int) -> None:
    """The front moved towards what explains the photo's colours, in place."""
    planes, share = shaped(front, 3, height, width), share_of(shaped(alpha, height, width))
    planes[:] = corrected(planes.copy(), shaped(back, 3, height, width), colours(rgb, height, width), share)


def compose(
    rgb: U8, alpha: U8, opacity: U8 | None, stride: int, around: F32, low_height: int, low_width: int,
    rgba: U8, height: int, width: int, over: int, r: float, g: float, b: float,
) -> None:  # fmt: skip
    """The finished pixels."""
    photo, matte = strided(rgb, stride, height, width, 3), strided(alpha, stride, height, width)
    large = enlarged(shaped(around, 6, low_height, low_width), Box(0, 0, height, width), height, width)
    planes = colours(photo.reshape(-1), height, width)
    exact = np.rint(corrected(large[:3], large[3:], planes, share_of(matte))).transpose(1, 2, 0)
    edge = ((matte > 0) & (matte < 255))[..., np.newaxis]
    seen = with_opacity(matte, None if opacity is None else strided(opacity, stride, height, width))
    behind = np.array([[[r, g, b]]], np.uint8) if over else None
    pixels = composite(np.ascontiguousarray(np.where(edge, exact, photo), np.uint8), seen, behind)
    shaped(rgba, height, width, 4)[:] = np.dstack([pixels[..., :3], seen])


def _weigh(planes: F32, weight: F32, weighted: F32) -> None:
    shaped(weighted, 4, *weight.shape)[:] = [*(planes * weight), weight]


def _share(alpha: U8, height: int, width: int, background: int) -> F32:
    share = share_of(shaped(alpha, height, width))
    return np.float32(1) - share if background else share
