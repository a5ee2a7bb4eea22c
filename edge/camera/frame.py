"""A picture as the camera's pipeline hands it over: planar YUV, turned into RGB only when somebody wants to see it.

I420 takes half the bytes of RGB through the pipe, and most pictures of a feed are replaced before anybody looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.gdp import Caps
from matting.photo import U8

# Luma weights of red and blue by the number or name of the matrix in GStreamer's colorimetry (ITU-R BT.601, 709, 2020).
_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
_MATRICES = {"3": "bt709", "4": "bt601", "6": "bt2020"}
_FULL_RANGE = "1"
_HD = 576  # lines above which an unnamed matrix is BT.709, as GStreamer takes it


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """raw: the whole I420 picture as it came (uint8). number counts from 1 over all openings of the feed.

    arrived: monotonic time in seconds at which its last byte was here.
    """

    raw: U8
    caps: Caps
    number: int
    arrived: float

    def luma(self) -> U8:
        """HxW, a view: brightness, in the range of the camera."""
        stride = _stride(self.caps.width)
        return self.raw[: stride * self.caps.height].reshape(self.caps.height, stride)[:, : self.caps.width]

    def rgb(self, height: int | None = None) -> U8:
        """HxWx3 uint8, the camera's colours; scaled down to `height` lines where that is less than the camera's."""
        caps = self.caps
        size = (caps.width, caps.height)
        if height is not None and height < caps.height:
            size = (max(1, round(caps.width * height / caps.height)), height)
        planes = [_resized(plane, size) for plane in (self.luma(), *_chroma(self.raw, caps))]
        return np.asarray(cv2.transform(cv2.merge(planes), _to_rgb(caps)), np.uint8)


def length(caps: Caps) -> int:
    """Bytes of a picture with these caps, rows padded as GStreamer pads them."""
    rows = caps.height + caps.height % 2
    return rows * _stride(caps.width) + rows * _chroma_stride(caps.width)


def _chroma(raw: U8, caps: Caps) -> tuple[U8, U8]:
    rows, stride = (caps.height + 1) // 2, _chroma_stride(caps.width)
    start = 2 * rows * _stride(caps.width)
    both = raw[start : start + 2 * rows * stride].reshape(2, rows, stride)[:, :, : (caps.width + 1) // 2]
    return both[0], both[1]


def _resized(plane: U8, size: tuple[int, int]) -> U8:
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    method = cv2.INTER_AREA if plane.shape[0] > size[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, size, interpolation=method), np.uint8)


def _to_rgb(caps: Caps) -> NDArray[np.float64]:
    """The 3x4 matrix from (Y, U, V, 1) to (R, G, B), all 0..255."""
    full, red, blue = _colours(caps)
    green = 1 - red - blue
    y, c = (1.0, 1.0) if full else (255 / 219, 255 / 224)
    v_red, u_blue = 2 * (1 - red) * c, 2 * (1 - blue) * c
    u_green, v_green = -u_blue * blue / green, -v_red * red / green
    linear = np.array([[y, 0, v_red], [y, u_green, v_green], [y, u_blue, 0]])
    offset = linear @ np.array([0 if full else 16, 128, 128])
    return np.column_stack([linear, -offset])


def _colours(caps: Caps) -> tuple[bool, float, float]:
    """Whether the range is full, and the luma weights of red and blue. Four numbers (range:matrix:...) or a name."""
    parts = caps.colorimetry.split(":")
    numbered = len(parts) == 4
    name = _MATRICES.get(parts[1], "") if numbered else caps.colorimetry.split("-")[0]
    if name not in _WEIGHTS:
        name = "bt709" if caps.height > _HD else "bt601"
    return numbered and parts[0] == _FULL_RANGE, *_WEIGHTS[name]


def _stride(width: int) -> int:
    return -(-width // 4) * 4


def _chroma_stride(width: int) -> int:
    return -(-((width + 1) // 2) // 4) * 4
