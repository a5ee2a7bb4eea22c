"""What the landmarks say of a face: eyes, chin, how the head is held.

Points: MediaPipe's canonical face mesh. Angles: from the mesh's own depth, which the network guesses: good to a few degrees.
Roll is the line between the eyes.
"""

from __future__ import annotations

import math

import numpy as np

from matting.face.values import F64, Face

_RIGHT = (33, 160, 158, 133, 153, 144)  # outer corner, two above, inner corner, two below
_LEFT = (263, 387, 385, 362, 380, 373)
_CHIN, _LIPS = 152, (13, 14)
# The mesh ends a little above the chin: how much was measured stands in models/face/README.md.
_TO_CHIN = 1.04
CHEEKS = (234, 454)  # the contour at the ears, the picture's left and right
_UPPER, _LOWER = 10, 152  # the contour's top and bottom


def measured(points: F64, presence: float) -> Face:
    """points: 468x3 in pixels of the photo; presence: 0..1."""
    right, left = points[list(_RIGHT)], points[list(_LEFT)]
    right_eye, left_eye = _centre(right), _centre(left)
    roll = math.degrees(math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))
    level = np.concatenate([points[:, :2] @ upright(roll).T, points[:, 2:]], axis=1)
    eyes = (np.array(right_eye) + left_eye) / 2
    across, down = level[CHEEKS[1]] - level[CHEEKS[0]], level[_LOWER] - level[_UPPER]
    return Face(
        points=points,
        presence=presence,
        right_eye=right_eye,
        left_eye=left_eye,
        chin=_pair(eyes + _TO_CHIN * (points[_CHIN, :2] - eyes)),
        mouth=_pair(points[list(_LIPS)].mean(axis=0)),
        roll=roll,
        yaw=math.degrees(math.atan2(across[2], across[0])),
        pitch=math.degrees(math.atan2(down[2], down[1])),
    )


def scaled(face: Face, factor: float) -> Face:
    """The same face in a photo whose pixels are so many times as many along each side."""
    return measured(face.points * factor, face.presence)


def _centre(eye: F64) -> tuple[float, float]:
    """The middle of the opening: of the corners, and of the lids above and below."""
    return _pair((eye[[0, 3]].mean(axis=0) + eye[[1, 2, 4, 5]].mean(axis=0)) / 2)


def upright(roll: float) -> F64:
    """2x2, from a photo's directions to those of the picture in which the eyes of a face are level. roll: its, in degrees."""
    angle = math.radians(roll)
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def _pair(point: F64) -> tuple[float, float]:
    return float(point[0]), float(point[1])
