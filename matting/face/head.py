"""How high a head is: from the landmarks to the chin, from the matte to the top of the hair, and to the crown below the hair.

The crown is "the top of the head if there were no hair" (ISO/IEC 39794-5, annex D; ICAO Doc 9303 part 3). A photo does not
show it under hair: it is taken as SKULL times the distance from eyes to chin above the eyes, and never above what the matte
shows.
How it was set by heads with little hair stands in models/face/README.md.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from matting.face.geometry import CHEEKS, upright
from matting.face.values import Face, Head
from matting.photo import U8

SKULL = 0.92
_SIDE = 1024  # of so many rows and columns, spread over the longer side, the matte is looked at
_MIDDLE = 0.30  # of the face's width to each side: where the top of the head is looked for
_LEAST = 0.10  # of that width must be covered: single hairs that stand up do not count


def measured(face: Face, alpha: U8) -> Head:
    """alpha: HxW, the matte of the whole photo."""
    turn = upright(face.roll)
    eyes = np.array(face.eyes)
    chin = turn @ (np.array(face.chin) - eyes)
    mouth = turn @ (np.array(face.mouth) - eyes)
    ears = [turn @ (face.points[index, :2] - eyes) for index in CHEEKS]
    hair = _hair(alpha, face, float(chin[1]), float(ears[1][0] - ears[0][0]))
    return Head(float(chin[1]), hair, min(hair, SKULL * float(chin[1])), float(mouth[0]) / 2)


def _hair(alpha: U8, face: Face, chin: float, width: float) -> float:
    """From the eyes up to the last row that is covered, going up from the eyes without a gap."""
    scale = max(1.0, max(alpha.shape) / _SIDE)
    half, reach = max(2, round(_MIDDLE * width / scale)), math.ceil(2.5 * chin / scale)
    turn = upright(face.roll).T * scale
    # A strip as high as a head may be, from its lowest row at the eyes upward: (column, row) -> the matte.
    start = np.array(face.eyes) + turn @ (-half, -reach)
    corners = start + np.array([(0, 0), (2 * half, 0), (0, reach), (2 * half, reach)]) @ turn.T
    left, top = (max(0, int(value)) for value in corners.min(axis=0) - 2)
    right, bottom = (max(1, int(value)) for value in corners.max(axis=0) + 3)
    part = np.ascontiguousarray(alpha[top:bottom, left:right])
    if part.size == 0:
        return 0.0
    matrix = np.concatenate([turn, (start - (left, top)).reshape(2, 1)], axis=1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    strip = cv2.warpAffine(part, matrix, (2 * half + 1, reach + 1), flags=flags)
    covered = (strip >= 128).mean(axis=1)[::-1] >= _LEAST
    gaps = np.flatnonzero(~covered)
    return float((int(gaps[0]) if gaps.size else reach) * scale)
