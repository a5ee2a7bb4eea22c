"""One even colour behind the person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import ImageColor

from matting.backgrounds.base import Background
from matting.errors import SettingsError
from matting.photo import U8, Photo
from matting.profiles import from_srgb


@dataclass(frozen=True, slots=True)
class Colour(Background):
    """rgb: red, green and blue in 0..255, meant as sRGB."""

    rgb: tuple[int, int, int]

    even: ClassVar[bool] = True
    needs_matte: ClassVar[bool] = False

    def behind(self, photo: Photo, alpha: U8) -> U8 | None:
        """See `Background.behind`; 1x1x3."""
        return from_srgb(np.array([[self.rgb]], np.uint8), photo.icc)


WHITE = Colour((255, 255, 255))


def parse_hex(text: str) -> Colour | None:
    """ "#RRGGBB" or "#RGB".

    Raises:
        SettingsError: a # that is no colour.
    """
    if not text.startswith("#"):
        return None
    digits = text[1:]
    if re.fullmatch(r"[0-9a-fA-F]{3}", digits):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise SettingsError(f"{text!r} is not a colour: write #RRGGBB or #RGB, such as #FFFFFF")
    return Colour((int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)))


def parse_colour_name(text: str) -> Colour | None:
    """A colour's name as CSS has it, such as "white" (CSS Color 4, 6.1)."""
    if text.lower() not in ImageColor.colormap:
        return None
    red, green, blue = ImageColor.getrgb(text)[:3]
    return Colour((red, green, blue))
