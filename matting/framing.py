"""How a cut-out is to lie in its picture: values alone. `matting.placement` follows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_FAR = 1e6  # pixels
MOST_MARGIN, MOST_MARGIN_SHARE = 500.0, 0.5
LEAST_SCALE = 0.1
MOST_CANVAS = 8000
ON_CANVAS = 0.85  # of the canvas, where no scale is asked for
MOST_ENLARGED = 2.0


@dataclass(frozen=True, slots=True)
class Length:
    """`pixels` of the photo and `share` of a whole, together. pixels: 0..1e6; share: 0..1.

    Raises (when made):
        ValueError: out of range.
    """

    pixels: float = 0.0
    share: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.pixels <= _FAR and 0 <= self.share <= 1):
            raise ValueError(f"a length of {self.pixels:g} pixels and {self.share:.0%} is out of range")

    def of(self, whole: int) -> float:
        """In pixels, where the whole has so many."""
        return self.pixels + self.share * whole


@dataclass(frozen=True, slots=True)
class Framing:
    """All that may be asked for. As it is, it changes nothing.

    roi: left, top, right, bottom within the photo; what lies outside counts as background. crop_margin: top, right, bottom,
    left around the person, of whose height or width a share is meant, at most 0.5 or 500 pixels; the picture is then that box,
    which may reach beyond the photo. None: the picture is as the photo. scale: 0.1..1, the person is made to fill that share
    of the picture's height or width; None: as large as in the photo. position: the shares (x, y), 0..1, of the room beside the
    person that lie left of it and above it, or "original". None: centred where `scale` is given, else original.
    most_pixels: the picture is made smaller until it has no more; at least 1, None: as it comes. canvas: the picture has this
    (width, height), whatever the photo's; the person fills `scale` of it, 0.85 where that is None, and is enlarged twice at
    most. shadow: 0..1, of a shadow on the ground below the person.

    Raises (when made):
        ValueError: out of range.
    """

    roi: tuple[Length, Length, Length, Length] | None = None
    crop_margin: tuple[Length, Length, Length, Length] | None = None
    scale: float | None = None
    position: tuple[float, float] | Literal["original"] | None = None
    most_pixels: int | None = None
    canvas: tuple[int, int] | None = None
    shadow: float = 0.0

    def __post_init__(self) -> None:
        for margin in self.crop_margin or ():
            if margin.pixels > MOST_MARGIN or margin.share > MOST_MARGIN_SHARE:
                raise ValueError(f"a margin has at most {MOST_MARGIN_SHARE:.0%} of the person, or {MOST_MARGIN:g} pixels")
        if self.scale is not None and not LEAST_SCALE <= self.scale <= 1:
            raise ValueError(f"a scale is from {LEAST_SCALE:.0%} to 100%")
        if isinstance(self.position, tuple) and not all(0 <= share <= 1 for share in self.position):
            raise ValueError("a position is from 0% to 100%")
        if self.canvas is not None and not all(16 <= side <= MOST_CANVAS for side in self.canvas):
            raise ValueError(f"a canvas has from 16 to {MOST_CANVAS} pixels to a side")
        if not 0 <= self.shadow <= 1:
            raise ValueError("a shadow is from 0 to 1")
        if self.most_pixels is not None and self.most_pixels < 1:
            raise ValueError("a picture has at least one pixel")
