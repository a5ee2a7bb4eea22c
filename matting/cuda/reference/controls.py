"""The reference of controls.cuh. matting/controls.py feathers in one go; here it is in two, as on the GPU."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matting.controls import eroded as eroded_by
from matting.cuda.reference.flat import shaped
from matting.photo import F32, U8


def erode(alpha: U8, eroded: U8, height: int, width: int, radius: int) -> None:
    """The least alpha under an ellipse."""
    shaped(eroded, height, width)[:] = eroded_by(shaped(alpha, height, width), radius)


def feather_rows(alpha: U8, soft: NDArray[np.uint16], height: int, width: int, weights: F32, reach: int) -> None:
    """256 times the level, softened along the rows."""
    blurred = _softened(shaped(alpha, height, width), _both_sides(weights, reach)[np.newaxis])
    shaped(soft, height, width)[:] = np.rint(blurred * 256)


def feather_columns(soft: NDArray[np.uint16], alpha: U8, height: int, width: int, weights: F32, reach: int) -> None:
    """The level, softened down the columns."""
    blurred = _softened(shaped(soft, height, width), _both_sides(weights, reach)[:, np.newaxis])
    shaped(alpha, height, width)[:] = np.clip(np.rint(blurred / 256), 0, 255)


def _both_sides(weights: F32, reach: int) -> F32:
    return np.concatenate([weights[reach:0:-1], weights[: reach + 1]])


def _softened(values: U8 | NDArray[np.uint16], kernel: F32) -> F32:
    softened = cv2.filter2D(values.astype(np.float32), cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(softened, np.float32)
