"""All faces of a photo, with their landmarks."""

from __future__ import annotations

import cv2
import numpy as np

from matting.composite import subject_box
from matting.face import geometry
from matting.face.base import FaceNetworks
from matting.face.detector import detect, merged
from matting.face.landmarks import find_landmarks
from matting.face.values import Detection, Face
from matting.network_input import resize
from matting.photo import U8, Box

_LEAST_PRESENCE = 0.5
_LOOKED_AT = 2048  # pixels of the longer side
_LONG, _MOST_SQUARES = 1.25, 7
_HEAD = 0.45  # of a person's height, to be looked at alone where the whole photo shows no face


def find_faces(rgb: U8, alpha: U8, networks: FaceNetworks) -> list[Face]:
    """The faces in a photo (HxWx3), the largest first. alpha: its matte (HxW), which tells where to look once more.

    Raises:
        EngineError: a network failed.
    """
    found = _looked_at(rgb, _detected(rgb, networks), networks)
    if not found and (part := upper_part(alpha)) is not None:
        inner = np.ascontiguousarray(rgb[part.top : part.bottom, part.left : part.right])
        found = _looked_at(rgb, [_shifted(each, part) for each in detect(inner, networks)], networks)
    return sorted(found, key=lambda face: -face.eye_distance)


def _detected(rgb: U8, networks: FaceNetworks) -> list[Detection]:
    """Those of the whole photo, and those of squares along it where it is long."""
    found = detect(rgb, networks)
    for part in squares(*rgb.shape[:2]):
        inner = np.ascontiguousarray(rgb[part.top : part.bottom, part.left : part.right])
        found += [_shifted(each, part) for each in detect(inner, networks)]
    return merged(found)


def squares(height: int, width: int) -> list[Box]:
    """Squares that cover a photo along its longer side, each over half of the one before; none for a photo that is nearly one
    itself, and at most as many as a photo of 4:1 has."""
    side, length = min(height, width), max(height, width)
    if length < _LONG * side:
        return []
    count = min(-(-2 * (length - side) // side) + 1, _MOST_SQUARES)
    starts = [round(start) for start in np.linspace(0, length - side, count)]
    return [Box(at, 0, at + side, side) if height > width else Box(0, at, side, at + side) for at in starts]


def reduced(rgb: U8, alpha: U8) -> tuple[U8, U8, float]:
    """A photo (HxWx3) and its matte (HxW) as large as faces are looked for in, and the photo's pixels by theirs: a face takes
    192 pixels, and shrinking 12 MP for each look would take longer than all networks."""
    factor = 1
    while max(rgb.shape[:2]) > _LOOKED_AT * factor and min(rgb.shape[:2]) >= 4 * factor:
        factor *= 2
    if factor == 1:
        return rgb, alpha, 1.0
    height, width = (side // factor for side in rgb.shape[:2])
    whole = slice(height * factor), slice(width * factor)  # halving exactly is many times faster than any other factor
    small = cv2.resize(np.ascontiguousarray(alpha[whole]), (width, height), interpolation=cv2.INTER_AREA)
    return resize(rgb[whole], height, width), np.asarray(small, np.uint8), float(factor)


def quarter_turn(rgb: U8, networks: FaceNetworks) -> int | None:
    """By how many quarters of a turn, counter-clockwise, a photo without upright faces must be turned to show one: 1, 2 or 3;
    None where none shows any.

    Raises:
        EngineError: a network failed.
    """
    best = {turn: max((each.score for each in detect(np.rot90(rgb, turn), networks)), default=0.0) for turn in (1, 2, 3)}
    turn = max(best, key=lambda each: best[each])
    return turn if best[turn] > 0 else None


def upper_part(alpha: U8) -> Box | None:
    """The square about the head of a standing person: the upper part of what the matte shows; None for an empty one."""
    height, width = alpha.shape
    box = subject_box(alpha, 128)
    if box is None:
        return None
    side = max(box.height * _HEAD, box.width * 0.6)
    columns = np.flatnonzero((alpha[box.top : box.top + max(1, box.height // 8)] >= 128).any(axis=0))
    centre = float(columns.mean()) if columns.size else (box.left + box.right) / 2
    top, left = max(0, int(box.top - side * 0.1)), max(0, int(centre - side / 2))
    part = Box(top, left, min(height, int(top + side)), min(width, int(left + side)))
    return part if part.height > 8 and part.width > 8 else None


def _looked_at(rgb: U8, found: list[Detection], networks: FaceNetworks) -> list[Face]:
    """Those that the landmarks take for faces too."""
    looked = [find_landmarks(rgb, each, networks) for each in found]
    return [geometry.measured(points, presence) for points, presence in looked if presence >= _LEAST_PRESENCE]


def _shifted(found: Detection, part: Box) -> Detection:
    x0, y0, x1, y1 = found.box
    box = (x0 + part.left, y0 + part.top, x1 + part.left, y1 + part.top)
    return Detection(found.score, box, found.points + np.array([part.left, part.top]))
