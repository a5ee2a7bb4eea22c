"""What the operator may do to a matte (threshold, then erosion, then feather), and whether it shows anybody."""

from __future__ import annotations

import math

import cv2
import numpy as np

from matting.errors import NoPersonFound, SettingsError
from matting.model import PresenceSpec
from matting.photo import F32, U8, Box, Controls

MAX_THRESHOLD, MAX_ERODE, MAX_FEATHER = 50, 5, 100.0


def checked(controls: Controls) -> Controls:
    """The same controls.

    Raises:
        SettingsError: a value out of its range; the sentence names all of them.
    """
    values: list[tuple[str, float, float]] = [
        ("alpha threshold", controls.threshold, MAX_THRESHOLD),
        ("erode", controls.erode, MAX_ERODE),
        ("feather", controls.feather, MAX_FEATHER),
    ]
    wrong = [f"{name} {value} (0 to {top:g})" for name, value, top in values if not 0 <= value <= top]
    if wrong:
        raise SettingsError(f"out of range: {', '.join(wrong)}")
    return controls


def apply(alpha: U8, controls: Controls) -> U8:
    """The matte (HxW, 0..255) after threshold, erosion and feather, in this order; `alpha` itself stays as it is.

    Controls that change nothing give back the same array. The work is confined to the box that holds the subject.
    """
    if controls == Controls():
        return alpha
    reach = controls.erode + math.ceil(2 * controls.feather) + 1
    box = _subject(alpha, controls.threshold, reach)
    result = np.zeros_like(alpha)
    if box is None:
        return result
    window = alpha[box.top : box.bottom, box.left : box.right]
    window = feathered(eroded(thresholded(window, controls.threshold), controls.erode), controls.feather)
    result[box.top : box.bottom, box.left : box.right] = window
    return result


def check_presence(alpha: F32, spec: PresenceSpec) -> None:
    """Look at the network's own alpha (HxW, 0..1, the photo's part of it).

    Raises:
        NoPersonFound: it covers too little, or is nowhere sure.
    """
    coverage = float((alpha >= 0.5).mean())
    peak = float(np.quantile(alpha, 0.999))
    if coverage < spec.min_coverage or peak < spec.min_peak:
        raise NoPersonFound(
            f"no person found: {coverage:.2%} of the frame is covered (at least {spec.min_coverage:.2%} is needed), "
            f"with a certainty of {peak:.2f} (at least {spec.min_peak:.2f})"
        )


def _subject(alpha: U8, threshold: int, reach: int) -> Box | None:
    """The box of all alpha above the threshold, wider by `reach` pixels within the frame; None where there is none."""
    rows = np.flatnonzero(alpha.max(axis=1) > threshold)
    columns = np.flatnonzero(alpha.max(axis=0) > threshold)
    if not rows.size:
        return None
    height, width = alpha.shape
    return Box(
        max(0, int(rows[0]) - reach),
        max(0, int(columns[0]) - reach),
        min(height, int(rows[-1]) + 1 + reach),
        min(width, int(columns[-1]) + 1 + reach),
    )


def thresholded(alpha: U8, threshold: int) -> U8:
    if threshold == 0:
        return alpha
    return np.asarray(cv2.threshold(alpha, threshold, 0, cv2.THRESH_TOZERO)[1], np.uint8)


def eroded(alpha: U8, radius: int) -> U8:
    """Grey erosion by an ellipse: edges move `radius` pixels inward, the frame's own border stays."""
    if radius == 0:
        return alpha
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.erode(alpha, kernel), np.uint8)


def feathered(alpha: U8, width: float) -> U8:
    """Gaussian softening, sigma half the width: a hard edge then goes from 16 to 84 % over `width` pixels.

    A person cut by the frame's border stays whole there, since the border is replicated.
    """
    if width == 0:
        return alpha
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), width / 2, borderType=cv2.BORDER_REPLICATE), np.uint8)
