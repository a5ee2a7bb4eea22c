"""How far a matte is from the true one, by the measures that the matting papers use.

MAD, MSE, SAD, Grad and Conn after Rhemann, Rother, Wang, Gelautz, Kohli and Rott, "A perceptually motivated online
benchmark for image matting", CVPR 2009; IoU and PSNR as everywhere. All take HxW float32 alpha in 0..1.
Scales follow the papers' tables: MAD and MSE x1e3; SAD, Grad and Conn are sums over pixels /1e3.
The unknown band is where the true alpha lies strictly between 0.02 and 0.98, dilated by an 11x11 square: hair and
soft edges with their nearest surroundings, the part that decides whether a cut-out looks real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from matting.photo import F32

Mask = NDArray[np.bool_]

BAND_LOW, BAND_HIGH = 0.02, 0.98
BAND_SIZE = 11
GRADIENT_SIGMA = 1.4
CONNECTIVITY_STEP = 0.1
CONNECTIVITY_THETA = 0.15


@dataclass(frozen=True, slots=True)
class Quality:
    """One matte's distance from the truth; lower is better except for psnr and iou.

    mad, mse: means x1e3 over the image; sad, grad, conn: sums /1e3 over the image. edge_*: the same over the unknown
    band. psnr in dB, infinite for equal mattes. iou: at alpha > 0.5, in 0..1. A photo without any unknown band
    has NaN for the two band means and 0 for the three band sums; `mean` leaves the NaN out.
    """

    mad: float
    mse: float
    sad: float
    grad: float
    conn: float
    psnr: float
    iou: float
    edge_mad: float
    edge_mse: float
    edge_sad: float
    edge_grad: float
    edge_conn: float


def compare(predicted: F32, true: F32) -> Quality:
    """Measure `predicted` against `true`, both HxW float32 in 0..1.

    Raises:
        ValueError: the two are not of one 2-D shape.
    """
    if predicted.shape != true.shape or true.ndim != 2:
        raise ValueError(f"mattes of shape {predicted.shape} and {true.shape} cannot be compared")
    band = unknown_band(true)
    difference = np.abs(predicted - true)
    squared = difference**2
    gradient = gradient_error(predicted, true)
    connectivity = connectivity_error(predicted, true)
    mse = float(squared.mean())
    return Quality(
        mad=float(difference.mean() * 1e3),
        mse=mse * 1e3,
        sad=float(difference.sum() / 1e3),
        grad=float(gradient.sum() / 1e3),
        conn=float(connectivity.sum() / 1e3),
        psnr=float(-10 * np.log10(mse)) if mse > 0 else float("inf"),
        iou=intersection_over_union(predicted, true),
        edge_mad=_mean(difference[band]) * 1e3,
        edge_mse=_mean(squared[band]) * 1e3,
        edge_sad=float(difference[band].sum() / 1e3),
        edge_grad=float(gradient[band].sum() / 1e3),
        edge_conn=float(connectivity[band].sum() / 1e3),
    )


def mean(qualities: Sequence[Quality]) -> Quality:
    """The mean of every measure, without NaN (photos that have no unknown band); NaN where nothing is left."""
    return Quality(**{field.name: _finite_mean([getattr(q, field.name) for q in qualities]) for field in fields(Quality)})


def unknown_band(true: F32) -> Mask:
    """HxW bool: where the true alpha is neither 0 nor 1, and the 5 pixels around."""
    soft = ((true > BAND_LOW) & (true < BAND_HIGH)).astype(np.uint8)
    return np.asarray(cv2.dilate(soft, np.ones((BAND_SIZE, BAND_SIZE), np.uint8)) > 0)


def gradient_error(predicted: F32, true: F32) -> F32:
    """HxW: squared difference of the two gradient magnitudes, each of the matte smoothed with sigma 1.4 px.

    Rhemann 2009 filters with derivatives of a Gaussian; smoothing and a Sobel filter give the same shape on a larger scale
    (factor 8 on a ramp, so 64 in the square): compare figures only with figures of this definition.
    """
    return np.asarray((_gradient(predicted) - _gradient(true)) ** 2)


def connectivity_error(predicted: F32, true: F32) -> F32:
    """HxW: difference of the two degrees of connectedness to the largest region where both mattes are opaque.

    Rhemann 2009, with p = 1. A pixel's level l is the last threshold, going up from 0 in steps of 0.1, before it leaves
    the largest 4-connected region of min(predicted, true) >= threshold; its degree is 1 - (alpha - l) where the gap
    alpha - l is at least theta = 0.15, else 1.
    """
    level = _connected_level(np.minimum(predicted, true))
    return np.asarray(np.abs(_connectedness(predicted, level) - _connectedness(true, level)))


def intersection_over_union(predicted: F32, true: F32) -> float:
    """Of the two regions alpha > 0.5; 0 where both are empty, as the scoring script of the project has it."""
    inside, truth = predicted > 0.5, true > 0.5
    return int((inside & truth).sum()) / max(1, int((inside | truth).sum()))


def _gradient(alpha: F32) -> F32:
    smooth = cv2.GaussianBlur(alpha, (0, 0), GRADIENT_SIGMA)
    return np.asarray(np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)))


def _connected_level(common: F32) -> F32:
    """HxW: the last threshold before each pixel leaves the source region; once outside, it stays outside."""
    level = np.zeros_like(common)
    inside = np.ones(common.shape, np.bool_)
    steps = round(1 / CONNECTIVITY_STEP)
    for step in range(1, steps + 1):
        threshold = np.float32(step / steps)
        inside &= _largest_region(common >= threshold)
        level[inside] = threshold
    return level


def _largest_region(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _connectedness(alpha: F32, level: F32) -> F32:
    gap = alpha - level
    return np.asarray(1 - gap * (gap >= CONNECTIVITY_THETA), dtype=np.float32)


def _mean(values: F32) -> float:
    return float(values.mean()) if values.size else float("nan")


def _finite_mean(values: list[float]) -> float:
    kept = [value for value in values if not np.isnan(value)]
    return float(np.mean(kept)) if kept else float("nan")
