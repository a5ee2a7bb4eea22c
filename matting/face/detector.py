"""Reads the face detector's output: anchors, boxes, and the merging of what overlaps.

Source: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019 (anchors: section 3.2,
merging instead of suppression: section 3.3); the strides and thresholds are those of MediaPipe's short-range graph.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from matting.face.base import FaceNetworks
from matting.face.values import F64, Detection
from matting.network_input import letterbox, resize
from matting.photo import F32, U8

_STRIDES = ((8, 2), (16, 6))  # of the two feature maps, and anchors at each of their cells
_LEAST_SCORE, _SAME = 0.5, 0.3  # of a face; the intersection over union above which two boxes are one face
_RAW_LIMIT = 80.0


def detect(rgb: U8, networks: FaceNetworks) -> list[Detection]:
    """The faces in a picture (HxWx3), the surest first. It finds faces from about a tenth of the picture's longer side on.

    Raises:
        EngineError: the network failed.
    """
    size = networks.detector_size
    picture, scale, (left, top) = _letterboxed(rgb, size)
    raw, scores = networks.detect(picture)
    found = decode(raw, scores, size)
    return [_moved(each, scale, left, top) for each in merged(found)]


def decode(raw: F32, scores: F32, size: int) -> list[Detection]:
    """What the network says above the least score, in pixels of its input. raw: Nx16, scores: N (both raw)."""
    sure = 1 / (1 + np.exp(-np.clip(scores.astype(np.float64), -_RAW_LIMIT, _RAW_LIMIT)))
    result = []
    for index in np.flatnonzero(sure > _LEAST_SCORE):
        values = raw[index].astype(np.float64).reshape(8, 2)
        centre, extent = values[0] + anchors(size)[index], values[1]
        if (extent > 0).all():
            low, high = centre - extent / 2, centre + extent / 2
            box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            result.append(Detection(float(sure[index]), box, values[2:] + anchors(size)[index]))
    return result


def merged(found: list[Detection]) -> list[Detection]:
    """One detection for each face: the mean of those that overlap, weighted by their scores."""
    left = sorted(found, key=lambda each: -each.score)
    result = []
    while left:
        same = [each for each in left if _overlap(left[0].box, each.box) > _SAME] or left[:1]
        weights = np.array([each.score for each in same])
        box = np.average([each.box for each in same], axis=0, weights=weights)
        points = np.average([each.points for each in same], axis=0, weights=weights)
        result.append(Detection(left[0].score, (float(box[0]), float(box[1]), float(box[2]), float(box[3])), points))
        left = [each for each in left if not any(each is other for other in same)]
    return result


@cache
def anchors(size: int) -> F64:
    """Nx2: the centres of the network's anchors in pixels of its input, in its order."""
    parts = []
    for stride, count in _STRIDES:
        cells = np.arange(size // stride) * stride + stride / 2
        y, x = np.meshgrid(cells, cells, indexing="ij")
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), count, axis=0))
    return np.concatenate(parts)


def _letterboxed(rgb: U8, size: int) -> tuple[U8, float, tuple[int, int]]:
    """The picture in a black square, its pixels by those of the square, and where it begins there (left, top)."""
    height, width = rgb.shape[:2]
    box = letterbox(height, width, (size, size))
    square = np.zeros((size, size, 3), np.uint8)
    square[box.top : box.bottom, box.left : box.right] = resize(rgb, box.height, box.width)
    return square, max(height, width) / size, (box.left, box.top)


def _moved(found: Detection, scale: float, left: float, top: float) -> Detection:
    x0, y0, x1, y1 = found.box
    box = ((x0 - left) * scale, (y0 - top) * scale, (x1 - left) * scale, (y1 - top) * scale)
    return Detection(found.score, box, (found.points - np.array([left, top])) * scale)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)
