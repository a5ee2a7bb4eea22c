"""The values that travel along the way of a photo: frozen, with shapes and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded photo, upright (EXIF orientation applied).

    rgb: HxWx3 uint8, C-contiguous, in the colour space of `icc` (sRGB where that is None).
    opacity: HxW uint8, the photo's own transparency (255 = opaque), None for photos without any.
    icc: profile bytes to put on the output, always of an RGB space; dpi: (x, y) in dots per inch.
    about: what may be kept of the file's EXIF, see `matting.exif`.
    """

    rgb: U8
    opacity: U8 | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    about: bytes | None = None

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open pixel rectangle: rows top..bottom, columns left..right."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a photo lies in the network's input: the whole photo (height x width) fills `box` of the input."""

    height: int
    width: int
    box: Box


@dataclass(frozen=True, slots=True)
class Controls:
    """What the operator may do to the matte, applied in this order.

    threshold: 0..50, in 8-bit levels: alpha at or below it becomes 0. erode: 0..5 px of the full-size matte.
    feather: px, >= 0: the width over which an edge is softened.
    """

    threshold: int = 0
    erode: int = 0
    feather: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a photo may cost. pixels: width x height of the frame; bytes: length of the file."""

    pixels: int = 120_000_000
    bytes: int = 256 * 1024 * 1024
