"""How far the eyes of a face are open, by the network of their contours: it follows lids where the face mesh hardly does.

Source: MediaPipe Iris (Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry", 2020): each
eye is cut out level, 2.3 times as wide as its corners are apart, a left one mirrored. Openness: the eye aspect ratio of
Soukupova and Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from matting.bands import side_by_side
from matting.face.base import FaceNetworks
from matting.face.landmarks import crop
from matting.face.values import Face
from matting.photo import U8

_ROOM = 2.3
_CORNERS = ((33, 133), (263, 362))  # of the mesh: outer and inner, of the person's right and left eye
_OUTER, _INNER = 0, 8  # of the contour
_LIDS = ((3, 11), (4, 12), (5, 13))  # of the contour: lower and upper


def openness(rgb: U8, face: Face, networks: FaceNetworks) -> float:
    """Height by width of the eyes' openings, the mean of both; about 0.3 of eyes that look into the camera. rgb: HxWx3.

    Raises:
        EngineError: the network failed.
    """
    return sum(side_by_side(partial(_one, rgb, face, networks), [0, 1])) / 2


def _one(rgb: U8, face: Face, networks: FaceNetworks, side: int) -> float:
    outer, inner = (face.points[index, :2] for index in _CORNERS[side])
    width = float(np.hypot(*(outer - inner))) * _ROOM
    picture, _ = crop(rgb, (outer + inner) / 2, width, math.radians(face.roll), networks.eyes_size)
    contour = networks.eye(np.ascontiguousarray(picture[:, ::-1]) if side else picture)
    high = np.mean([abs(float(contour[low, 1] - contour[up, 1])) for low, up in _LIDS])
    return float(high / max(float(np.hypot(*(contour[_OUTER, :2] - contour[_INNER, :2]))), 1.0))
