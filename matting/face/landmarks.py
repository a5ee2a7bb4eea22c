"""The landmarks of a face that was detected.

Source: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019: the face is turned
upright, a quarter of its size is added on each side, and the network looks once more at where its own points lie.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from matting.face.base import FaceNetworks
from matting.face.geometry import upright
from matting.face.values import F64, Detection, Face
from matting.network_input import resize
from matting.photo import U8

_ROOM = 1.5  # the crop's side by the face's
_LOOKS = 2
_RIGHT_EYE, _LEFT_EYE = 33, 263  # the outer corners


def find_landmarks(rgb: U8, found: Detection, networks: FaceNetworks) -> tuple[F64, float]:
    """468x3 points in pixels of the picture (HxWx3), and how surely they are a face, 0..1.

    Raises:
        EngineError: the network failed.
    """
    low, high = np.array(found.box[:2]), np.array(found.box[2:])
    centre, side, angle = (low + high) / 2, found.side * _ROOM, _angle(found.points[0], found.points[1])
    points, presence = np.zeros((0, 3)), 0.0
    for _ in range(_LOOKS):
        points, presence = _look(rgb, centre, side, angle, networks)
        angle = _angle(points[_RIGHT_EYE, :2], points[_LEFT_EYE, :2])
        centre, side = _around(points, angle)
    return points, presence


def upside_down(rgb: U8, face: Face, networks: FaceNetworks) -> bool:
    """Whether a face in a picture (HxWx3) looks more like one when it is turned by half a turn.

    Raises:
        EngineError: the network failed.
    """
    angle = _angle(face.points[_RIGHT_EYE, :2], face.points[_LEFT_EYE, :2])
    centre, side = _around(face.points, angle)
    return _look(rgb, centre, side, angle + math.pi, networks)[1] > face.presence


def _look(rgb: U8, centre: F64, side: float, angle: float, networks: FaceNetworks) -> tuple[F64, float]:
    size = networks.landmarks_size
    picture, to_photo = crop(rgb, centre, side, angle, size)
    raw, score = networks.landmark(picture)
    flat = np.concatenate([raw[:, :2].astype(np.float64), np.ones((len(raw), 1))], axis=1) @ to_photo.T
    points = np.concatenate([flat, raw[:, 2:] * (side / size)], axis=1)
    return points, 1 / (1 + math.exp(-max(-80.0, min(score, 80.0))))


def crop(rgb: U8, centre: F64, side: float, angle: float, size: int) -> tuple[U8, F64]:
    """The square of `side` pixels about `centre` (x, y), turned by `angle` (radians, clockwise), as size x size x 3, black
    outside of the picture; and the 2x3 matrix from its pixels to the picture's."""
    height, width = rgb.shape[:2]
    reach = side * 0.75
    left, top = (int(max(0, math.floor(value - reach))) for value in centre)
    right, bottom = int(min(width, centre[0] + reach + 1)), int(min(height, centre[1] + reach + 1))
    shrink = max(1.0, side / size)
    fast = 1 << int(math.log2(shrink))  # halving exactly is many times faster than any other factor
    bottom, right = (end - (end - start) % fast for start, end in ((top, bottom), (left, right)))
    if right - left < 2 or bottom - top < 2:
        return np.zeros((size, size, 3), np.uint8), np.array([[1.0, 0, 0], [0, 1.0, 0]])
    part = np.ascontiguousarray(rgb[top:bottom, left:right])
    part = resize(part, max(1, round(part.shape[0] / shrink)), max(1, round(part.shape[1] / shrink)))
    x_step, y_step = (right - left) / part.shape[1], (bottom - top) / part.shape[0]
    cosine, sine = math.cos(angle) * side / size, math.sin(angle) * side / size
    turn = np.array([[cosine, -sine], [sine, cosine]])
    to_photo = np.concatenate([turn, (centre - turn @ (size / 2, size / 2)).reshape(2, 1)], axis=1)
    to_part = to_photo.copy()
    to_part[:, 2] -= (left, top)
    to_part /= [[x_step], [y_step]]
    to_part[:, 2] += to_part[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from the middle of the first pixel
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(part, to_part, (size, size), flags=flags), np.uint8), to_photo


def _angle(right_eye: F64, left_eye: F64) -> float:
    return math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])


def _around(points: F64, angle: float) -> tuple[F64, float]:
    """Centre and side of the square about the points, upright as the face."""
    turn = upright(math.degrees(angle))
    level = points[:, :2] @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    return (low + high) / 2 @ turn, float((high - low).max()) * _ROOM
