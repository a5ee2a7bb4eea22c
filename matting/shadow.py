"""A shadow on the ground below what was cut out, computed from its matte: it lies where the matte stands.

The lowest part of the matte is pressed flat at its foot and blurred twice: narrow and dark for what touches the ground, wide
and faint for what stands above it. It is what is drawn by hand in product photography; no light is estimated.
"""

from __future__ import annotations

import cv2
import numpy as np

from matting.composite import composite, subject_box
from matting.photo import F32, U8, Box

_SOLID = 128
_FOOT, _BODY = 0.04, 0.30  # of the height: what touches the ground, and what throws the wide part
_FLAT = 0.10  # how high the wide part stands on the picture, of that height
_NARROW, _WIDE = 0.006, 0.022  # the blurs' sigma, of the height


def with_shadow(rgba: U8, strength: float) -> U8:
    """HxWx4 with straight alpha, with its shadow beneath. strength: 0..1 of black at the darkest.

    Without room for a shadow, or with nothing that stands, it comes back as it is.
    """
    box = subject_box(rgba[..., 3], _SOLID)
    if box is None or box.bottom >= rgba.shape[0] - 1 or strength <= 0:
        return rgba
    shade = _shade(rgba[..., 3], box) * np.float32(strength)
    alpha = rgba[..., 3].astype(np.float32) / 255
    whole = alpha + shade * (1 - alpha)
    share = np.divide(alpha, whole, out=np.zeros_like(alpha), where=whole > 0)[..., np.newaxis]
    colours = np.rint(rgba[..., :3] * share).astype(np.uint8)
    return composite(colours, np.rint(whole * 255).astype(np.uint8), None)


def _shade(alpha: U8, box: Box) -> F32:
    """HxW, 0..1."""
    result = np.zeros(alpha.shape, np.float32)
    for part, flat, sigma, weight in ((_FOOT, _FOOT / 2, _NARROW, 0.8), (_BODY, _FLAT, _WIDE, 0.5)):
        rows = max(2, round(box.height * part))
        lying = max(2, round(box.height * flat))
        piece = cv2.resize(alpha[box.bottom - rows : box.bottom], (alpha.shape[1], lying), interpolation=cv2.INTER_AREA)
        ground = np.zeros(alpha.shape, np.float32)
        # Half of it lies before the foot and half behind, as far as the picture reaches.
        top = max(0, box.bottom - lying // 2)
        bottom = min(alpha.shape[0], top + lying)
        ground[top:bottom] = piece[: bottom - top].astype(np.float32) / 255
        blurred = cv2.GaussianBlur(ground, (0, 0), max(1.0, sigma * box.height))
        result = np.maximum(result, weight * np.asarray(blurred, np.float32))
    return result
