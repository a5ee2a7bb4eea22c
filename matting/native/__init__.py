"""The passes over every pixel in C, for rows of a frame: their siblings in NumPy say what they do, and stand in where this
was not compiled. A call lets go of the interpreter, so that threads can share a photo.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from matting.photo import F32, U8

_FILE = Path(__file__).with_name("pixels.so")
_VERSION = 2  # as pixels.c has it
_PLACE = np.dtype([("first", np.int32), ("share", np.float32)])  # as pixels.c has it


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(_FILE))
        if library.em_version() != _VERSION:  # left from an earlier state of a checkout
            return None
    except (OSError, AttributeError):
        return None
    size, array = ctypes.c_int, ctypes.c_void_p
    library.em_places.argtypes = [size, size, array]
    library.em_alpha.argtypes = [array, array, size, size, array, size, size, array, array, size, size]
    library.em_colours.argtypes = [array, size, size, array, array, size, size, array, array, size, size, size]
    library.em_windows.argtypes = [array, array, array, size, size, size, ctypes.c_double, array, size, size]
    library.em_functions.argtypes = [array, array, array, array, size, size, size, array, size, size]
    library.em_over.argtypes = [array, array, array, size, array, size]
    library.em_weighted_blur.argtypes = [array, array, *[size] * 5, ctypes.c_double, array, array, size, size]
    library.em_corrected.argtypes = [array, array, array, array, size, size, size, size]
    for name in ("places", "alpha", "colours", "windows", "functions", "over", "weighted_blur", "corrected"):
        getattr(library, f"em_{name}").restype = None
    return library


def available() -> bool:
    """Whether it was compiled, for this machine."""
    return _library() is not None


def alpha_rows(planes: F32, band: NDArray[np.bool_], rgb: U8, alpha: U8, top: int, bottom: int) -> None:
    """Rows [top, bottom) of what `matting.refine.evaluate` gives, into `alpha` (HxW)."""
    library = _library()
    (height, width), low = alpha.shape, band.shape
    assert library is not None and 0 <= top <= bottom <= height
    places = _places(width, low[1])
    library.em_alpha(
        *(_at(planes, np.float32, (4, *low)), _at(band, np.bool_, low), *low),
        *(_at(rgb, np.uint8, (height, width, 3)), height, width),
        *(_at(places, _PLACE, (width,)), _at(alpha, np.uint8, alpha.shape), top, bottom),
    )


def colour_rows(estimate: F32 | None, rgb: U8, alpha: U8, out: U8, top: int, bottom: int) -> None:
    """Rows [top, bottom) of the person's own colours into `out`: (bottom-top)xWx4 with straight alpha, its colours 0 where
    alpha is; or (bottom-top)xWx3. estimate: of foreground and background, 6xhxw; None where no alpha is between 0 and 255."""
    library = _library()
    planes = np.zeros((6, 1, 1), np.float32) if estimate is None else estimate
    low, (height, width), channels = planes.shape[1:], alpha.shape, out.shape[2]
    assert library is not None and 0 <= top <= bottom <= height and channels in (3, 4)
    places = _places(width, low[1])
    library.em_colours(
        *(_at(planes, np.float32, (6, *low)), *low),
        *(_at(rgb, np.uint8, (height, width, 3)), _at(alpha, np.uint8, (height, width)), height, width),
        *(_at(places, _PLACE, (width,)), _at(out, np.uint8, (bottom - top, width, channels)), channels, top, bottom),
    )


def window_rows(
    guide: F32, alpha: F32, near: NDArray[np.bool_], radius: int, epsilon: float, a: F32, top: int, bottom: int
) -> None:
    """Rows [top, bottom) of `a` (3xhxw) of what `matting.refine` finds in the windows around the pixels that `near` marks, 0
    elsewhere. guide: 3xhxw, 0..1; alpha: hxw, 0..1."""
    library = _library()
    low = alpha.shape
    assert library is not None and 0 <= top <= bottom <= low[0]
    library.em_windows(
        *(_at(guide, np.float32, (3, *low)), _at(alpha, np.float32, low), _at(near, np.bool_, low), *low),
        *(radius, epsilon, _at(a, np.float32, (3, *low)), top, bottom),
    )


def function_rows(
    a: F32, guide: F32, alpha: F32, band: NDArray[np.bool_], radius: int, planes: F32, top: int, bottom: int
) -> None:
    """Rows [top, bottom) of `planes` (4xhxw) of what `matting.refine` makes of `a`, as `window_rows` gives it: within `band` a
    and b, elsewhere a is 0 and b 0 or 255. guide: 3xhxw, 0..1; alpha: hxw, 0..1."""
    library = _library()
    low = alpha.shape
    assert library is not None and 0 <= top <= bottom <= low[0]
    library.em_functions(
        *(_at(a, np.float32, (3, *low)), _at(guide, np.float32, (3, *low)), _at(alpha, np.float32, low)),
        *(_at(band, np.bool_, low), *low, radius, _at(planes, np.float32, (4, *low)), top, bottom),
    )


def over_rows(front: U8, alpha: U8, behind: U8, out: U8) -> None:
    """The front (hxwx3) with its alpha (hxw) before what is behind (hxwx3, or 1x1x3), into `out` (hxwx3)."""
    library = _library()
    size, one_colour = (*alpha.shape, 3), behind.shape == (1, 1, 3)
    assert library is not None
    library.em_over(
        *(_at(front, np.uint8, size), _at(alpha, np.uint8, alpha.shape)),
        *(_at(behind, np.uint8, (1, 1, 3) if one_colour else size), 0 if one_colour else 3),
        *(_at(out, np.uint8, size), alpha.size),
    )


def blur_rows(
    planes: F32, share: F32, out: F32, top: int, bottom: int, *, side: int, behind: bool, power: int, nothing: float
) -> None:
    """Rows [top, bottom) of `out` (3xhxw): the box means of `planes` that `matting.foreground` takes. They are weighted by
    `share` (hxw, 0..1), or by 1 - share where behind, to the power 1 or 3. nothing: what is added to the mean weight."""
    library = _library()
    low = share.shape
    assert library is not None and 0 <= top <= bottom <= low[0] and power in (1, 3)
    sums = np.empty((low[1], 4), np.float64)
    library.em_weighted_blur(
        *(_at(planes, np.float32, (3, *low)), _at(share, np.float32, low), behind, power, *low, side, nothing),
        *(_at(sums, np.float64, sums.shape), _at(out, np.float32, (3, *low)), top, bottom),
    )


def correct_rows(front: F32, back: F32, colours: F32, share: F32, top: int, bottom: int) -> None:
    """Rows [top, bottom) of `matting.foreground.corrected`, into `front`. All but `share` (hxw): 3xhxw, 0..255."""
    library = _library()
    low = share.shape
    assert library is not None and 0 <= top <= bottom <= low[0]
    three = [_at(planes, np.float32, (3, *low)) for planes in (front, back, colours)]
    library.em_corrected(*three, _at(share, np.float32, low), *low, top, bottom)


def _places(size: int, low: int) -> NDArray[np.void]:
    """Where each pixel along one axis lies among the samples of a small plane."""
    library = _library()
    assert library is not None
    places = np.empty(size, _PLACE)
    library.em_places(size, low, places.ctypes.data)
    return places


def _at(array: NDArray[Any], kind: DTypeLike, shape: tuple[int, ...]) -> int:
    """The address of an array that is as C expects it. It says nothing of how long the array lives: a caller's variable does.

    An array itself would be passed on by ctypes with a circle of references, which keeps its memory for long.
    """
    assert array.dtype == kind and array.shape == shape and array.flags.c_contiguous
    return int(array.ctypes.data)
