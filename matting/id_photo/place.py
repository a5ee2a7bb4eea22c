"""Where in an ID photo the head comes to lie: turned upright, scaled and moved so that the rule holds and the photo suffices.

Values in, values out. Among the sizes and heights that the rule leaves, the one nearest to its middle is taken for which
the photo has all pixels. What a photo lacks is told by side and millimetres, and never made up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matting.face.geometry import upright
from matting.face.values import F64, Face, Head
from matting.id_photo.specification import Range, Specification
from matting.photo import U8

Side = Literal["above", "below", "left", "right"]
_SAMPLES = 128  # points that are looked at along each edge of the photo
_SOLID = 128  # of 255: the person reaches the photo's edge where the matte has so much
_LEAST_MISSING = 0.15  # mm, less than a printer shows
_INNER = 0.8  # of a rule's range is used, so that an error of measuring does not leave it
# Where a rule says nothing: the head by the photo's height, the share of the free height that lies above the hair.
_HEAD = Range(0.5, 0.7)
_FREE_ABOVE = 0.38
_STEPS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """A photo's size in pixels, and along its edges where the person reaches them: points Nx2 (x, y) by side."""

    height: int
    width: int
    touched: dict[Side, F64]


@dataclass(frozen=True, slots=True)
class Missing:
    """The photo ends so many mm before the picture does. cuts: the person goes on there, so that nothing can stand for it."""

    side: Side
    mm: float
    cuts: bool


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """matrix: 2x3, from the photo's pixels to the picture's. scale: the picture's pixels by the photo's. Lengths in mm: eyes
    and chin above the lower edge; crown, hair: from the upper edge down to them, negative where they are cut off."""

    matrix: F64
    scale: float
    eyes: float
    chin: float
    crown: float
    hair: float
    head: float
    missing: tuple[Missing, ...]


def edges(alpha: U8) -> Edges:
    """alpha: HxW, the matte of the photo."""
    height, width = alpha.shape
    x, y = (np.linspace(0, side - 1, _SAMPLES).round().astype(int) for side in (width, height))
    across: dict[Side, int] = {"above": 0, "below": height - 1}
    down: dict[Side, int] = {"left": 0, "right": width - 1}
    found: dict[Side, F64] = {}
    for side, row in across.items():
        columns = x[alpha[row, x] >= _SOLID]
        found[side] = np.stack([columns, np.full_like(columns, row)], axis=1).astype(np.float64)
    for side, column in down.items():
        rows = y[alpha[y, column] >= _SOLID]
        found[side] = np.stack([np.full_like(rows, column), rows], axis=1).astype(np.float64)
    return Edges(height, width, found)


def place(face: Face, head: Head, rule: Specification, size: tuple[int, int], edge: Edges) -> Place:
    """The best place in a picture of `size` (width, height) pixels. Its `missing` is what even there the photo lacks."""
    found = [_placed(face, head, rule, size, edge, tall, eyes) for tall, eyes in _choices(head, rule)]
    return min(found, key=lambda each: sum(lack.mm for lack in each.missing if lack.cuts))


def _choices(head: Head, rule: Specification) -> list[tuple[float, float]]:
    """Heights of the head and of the eyes above the lower edge, in mm, the best first."""
    heads = rule.head or Range(_HEAD.low * rule.height, _HEAD.high * rule.height)
    ranked: list[tuple[float, float, float]] = []
    for tall in _steps(heads):
        per_pixel = tall / (head.chin + _crown(head, rule))
        wanted = _eyes(head, rule, per_pixel)
        for eyes in _steps(wanted):
            far = abs(tall - heads.middle) / max(heads.high - heads.low, 0.1)
            far += abs(eyes - wanted.middle) / max(wanted.high - wanted.low, 0.1)
            cut = max(0.0, eyes + head.hair * per_pixel - rule.height)  # hair that would be cut off
            ranked.append((far + 10 * cut, tall, eyes))
    return [(float(tall), float(eyes)) for _, tall, eyes in sorted(ranked)]


def _eyes(head: Head, rule: Specification, per_pixel: float) -> Range:
    """Where the eyes may be above the lower edge, for a head of that size."""
    above, hair, chin = (value * per_pixel for value in (_crown(head, rule), head.hair, head.chin))
    wanted = rule.eyes
    if rule.top_gap is not None:
        gap = Range(rule.height - above - rule.top_gap.high, rule.height - above - rule.top_gap.low)
        both = gap if wanted is None else Range(max(gap.low, wanted.low), min(gap.high, wanted.high))
        wanted = both if both.low <= both.high else gap
    if wanted is None:
        free = max(0.0, rule.height - hair - chin)
        middle = rule.height - hair - free * _FREE_ABOVE
        return Range(middle - free * 0.2, middle + free * 0.2)
    return wanted


def _placed(
    face: Face, head: Head, rule: Specification, size: tuple[int, int], edge: Edges, tall: float, eyes: float
) -> Place:
    width, height = size
    per_pixel = tall / (head.chin + _crown(head, rule))
    per_mm = height / rule.height
    scale = float(per_pixel * per_mm)
    turn = scale * upright(face.roll)
    target = np.array([width / 2 - head.centre * scale, height - eyes * per_mm])
    matrix = np.concatenate([turn, (target - turn @ np.array(face.eyes)).reshape(2, 1)], axis=1)
    crown, hair = (rule.height - eyes - value * per_pixel for value in (_crown(head, rule), head.hair))
    lacks = missing(matrix, size, per_mm, edge)
    return Place(matrix, scale, eyes, eyes - head.chin * per_pixel, crown, hair, tall, lacks)


def missing(matrix: F64, size: tuple[int, int], per_mm: float, edge: Edges) -> tuple[Missing, ...]:
    """What a photo lacks of a picture. matrix: 2x3, from its pixels to the picture's; size: (width, height); per_mm: the
    picture's pixels to a mm."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    inverse = np.linalg.inv(matrix[:, :2])
    photo = (corners - matrix[:, 2]) @ inverse.T
    by_mm = math.sqrt(abs(np.linalg.det(matrix[:, :2]))) / per_mm
    over: dict[Side, float] = {
        "above": -photo[:, 1].min(),
        "below": photo[:, 1].max() - edge.height,
        "left": -photo[:, 0].min(),
        "right": photo[:, 0].max() - edge.width,
    }
    found = []
    for side, pixels in over.items():
        if pixels * by_mm < _LEAST_MISSING:
            continue
        seen = edge.touched[side] @ matrix[:, :2].T + matrix[:, 2]
        within = ((seen > 0) & (seen < (width, height))).all(axis=1)
        found.append(Missing(side, float(pixels * by_mm), bool(within.any())))
    return tuple(found)


def _crown(head: Head, rule: Specification) -> float:
    return head.skull if rule.crown == "skull" else head.hair


def _steps(wanted: Range) -> F64:
    half = (wanted.high - wanted.low) / 2 * _INNER
    return np.linspace(wanted.middle - half, wanted.middle + half, _STEPS if half > 0 else 1)
