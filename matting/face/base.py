"""What the three face networks offer, whatever runs them."""

from __future__ import annotations

from typing import Protocol

from matting.photo import F32, U8


class FaceNetworks(Protocol):
    """All of them, loaded. Safe to call from several threads. detector_size, landmarks_size, eyes_size: pixels to a side of
    the square pictures that they take."""

    detector_size: int
    landmarks_size: int
    eyes_size: int

    def detect(self, rgb: U8) -> tuple[F32, F32]:
        """128x128x3 RGB -> 896x16 boxes and points, 896 scores, both raw.

        Raises:
            EngineError: the run failed.
        """
        ...

    def landmark(self, rgb: U8) -> tuple[F32, float]:
        """192x192x3 RGB -> 468x3 points in pixels of that picture, and the raw score that it shows a face.

        Raises:
            EngineError: the run failed.
        """
        ...

    def eye(self, rgb: U8) -> F32:
        """64x64x3 RGB of a right eye -> 71x3 points of its contour, its lids and its brow in pixels of that picture.

        Raises:
            EngineError: the run failed.
        """
        ...
