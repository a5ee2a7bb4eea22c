"""What is known of a face. Lengths in pixels of the photo, angles in degrees, x to the right and y down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """score: 0..1. box: left, top, right, bottom. points: 6x2; the person's right eye, left eye, nose tip, mouth, right and
    left ear."""

    score: float
    box: tuple[float, float, float, float]
    points: F64

    @property
    def side(self) -> float:
        """The longer side of its box."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """points: 468x3, MediaPipe's face mesh, z in the same unit with its zero at the head's centre, towards the viewer < 0.

    presence: 0..1. right_eye, left_eye: the person's, their centres; chin: its lowest point; mouth: its centre. roll: > 0
    where the head leans clockwise as one looks at the photo. yaw: > 0 where it is turned to the picture's right. pitch: > 0
    where it looks up.
    """

    points: F64
    presence: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    chin: tuple[float, float]
    mouth: tuple[float, float]
    roll: float
    yaw: float
    pitch: float

    @property
    def eyes(self) -> tuple[float, float]:
        """The middle between the eyes."""
        return (self.right_eye[0] + self.left_eye[0]) / 2, (self.right_eye[1] + self.left_eye[1]) / 2

    @property
    def eye_distance(self) -> float:
        """Between the eyes' centres."""
        return float(np.hypot(self.right_eye[0] - self.left_eye[0], self.right_eye[1] - self.left_eye[1]))


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it stands once the line between the eyes is level; distances from the middle between the eyes.

    chin: down to its lowest point. hair: up to the top of what the matte shows above the forehead. skull: up to the crown as
    it would be without hair. centre: to the right, to the line through the mouth and between the eyes.
    """

    chin: float
    hair: float
    skull: float
    centre: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a face was photographed. light: the darker cheek's brightness by the brighter one's, 0..1, in linear light.

    sharpness: the gradient's strength about the eyes at 60 pixels between them, by their contrast; 0 and more. brow: how far
    the colour above the brows is from the cheeks', in CIELAB units; large where a hat or hair covers it. open: see
    `matting.face.eyes.openness`. white: how much lighter the white of an eye is than its dark part, in CIELAB's L, of the eye
    that shows less; small where lids or dark glasses hide it.
    """

    light: float
    sharpness: float
    brow: float
    open: float
    white: float
