"""How a face was photographed: light, sharpness, and whether something covers the brow.

They are measured on the face alone, turned upright, at 60 pixels between the eyes. Whether eyes can be seen is told by their
white as well: behind dark glasses the networks see open eyes.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from matting.face.base import FaceNetworks
from matting.face.eyes import openness
from matting.face.landmarks import crop
from matting.face.values import F64, Face, Look
from matting.photo import U8

_EYES, _SIDE = 60.0, 240  # pixels between the eyes, and of the picture that is looked at
_CHEEKS = ((50, 36, 205), (280, 266, 425))  # below the right and the left eye
_BROWS = (69, 108, 151, 337, 299)  # a finger's width above the brows
_EYELIDS = ((33, 133, 159, 145), (263, 362, 386, 374))  # outer and inner corner, upper and lower lid
_PATCH = 5  # pixels to each side


def measured(rgb: U8, face: Face, networks: FaceNetworks) -> Look:
    """rgb: HxWx3, the photo in which the face was found.

    Raises:
        EngineError: a network failed.
    """
    side = _SIDE * face.eye_distance / _EYES
    picture, to_photo = crop(rgb, face.points[:, :2].mean(axis=0), side, math.radians(face.roll), _SIDE)
    inverse = np.asarray(cv2.invertAffineTransform(to_photo), np.float64)
    points: F64 = np.concatenate([face.points[:, :2], np.ones((len(face.points), 1))], axis=1) @ inverse.T
    lab = np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float64)
    cheeks = [_mean(lab, points, indices) for indices in _CHEEKS]
    light = sorted(_linear(float(cheek[0])) for cheek in cheeks)
    skin = (cheeks[0] + cheeks[1]) / 2
    brow = np.median([np.linalg.norm((_mean(lab, points, (index,)) - skin) * (0.5, 1, 1)) for index in _BROWS])
    white = min(_white(lab[..., 0], points[list(eye)]) for eye in _EYELIDS)
    even, sharp = light[0] / max(light[1], 1e-6), _sharpness(picture, points)
    return Look(even, sharp, float(brow), openness(rgb, face, networks), white)


def _mean(picture: F64, points: F64, indices: tuple[int, ...]) -> F64:
    """The mean colour about those points, in a picture of 3 channels."""
    patches = []
    for index in indices:
        x, y = (round(float(value)) for value in points[index])
        patch = picture[max(0, y - _PATCH) : max(1, y + _PATCH + 1), max(0, x - _PATCH) : max(1, x + _PATCH + 1)]
        patches.append(patch.reshape(-1, 3).mean(axis=0) if patch.size else np.zeros(3))
    return np.asarray(np.mean(patches, axis=0), np.float64)


def _white(light: F64, eye: F64) -> float:
    """L of an eye's opening at its two sides, less that of its darkest column between them."""
    (x0, x1), y = sorted(float(each) for each in eye[:2, 0]), float(eye[2:, 1].mean())
    inset, half = (x1 - x0) * 0.12, max(1.0, float(eye[3, 1] - eye[2, 1]) * 0.3)
    rows, columns = (
        slice(max(0, round(y - half)), round(y + half) + 1),
        slice(max(0, round(x0 + inset)), round(x1 - inset) + 1),
    )
    part = light[rows, columns]
    across = part.mean(axis=0) if part.size else np.zeros(1)
    if len(across) < 8:
        return 0.0
    third = len(across) // 3
    sides = (float(across[:third].max()) + float(across[-third:].max())) / 2
    return sides - float(across[third // 2 + 1 : -(third // 2) - 1].min())


def _linear(lightness: float) -> float:
    """Luminance, 0..1, of CIELAB's L (0..100). Source: CIE 15."""
    lifted = (lightness + 16) / 116
    return lifted**3 if lightness > 8 else lightness / 903.3


def _sharpness(picture: U8, points: F64) -> float:
    """The strongest twentieth of the gradients about the eyes, by the contrast there."""
    eyes = points[[33, 133, 362, 263]]
    x0, x1 = round(eyes[:, 0].min()) - 6, round(eyes[:, 0].max()) + 6
    y = round(eyes[:, 1].mean())
    part = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[max(0, y - 16) : y + 16, max(0, x0) : max(1, x1)].astype(np.float32)
    if part.size < 16:
        return 0.0
    across, down = cv2.Sobel(part, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(part, cv2.CV_32F, 0, 1, scale=1 / 8)
    contrast = float(np.percentile(part, 98) - np.percentile(part, 2))
    return float(np.percentile(np.hypot(across, down), 95)) / max(contrast, 8.0)
