"""Pixels -> bytes of a finished file, with the photo's profile and resolution."""

from __future__ import annotations

from matting.errors import SettingsError, UnsupportedPhoto
from matting.formats.base import Format
from matting.formats.png import write_png
from matting.photo import U8


def encode(
    pixels: U8, format: Format, icc: bytes | None, dpi: tuple[float, float] | None, about: bytes | None = None
) -> bytes:
    """HxWx4 (RGB and straight alpha) or HxWx3 uint8 as a file.

    icc: an RGB profile, None for sRGB. dpi: (x, y) dots per inch. about: EXIF, see `matting.exif.kept`, for
    formats that can hold it.

    Raises:
        SettingsError: alpha for a format that has none.
        UnsupportedPhoto: more pixels to a side than the format can hold.
    """
    height, width, channels = pixels.shape
    if channels == 4 and not format.alpha:
        raise SettingsError(f"{format.name} has no transparency: choose a background colour, or png")
    if format.most_side is not None and max(height, width) > format.most_side:
        raise UnsupportedPhoto(f"{width} x {height} pixels are too large for {format.name}, choose png")
    if about is not None and format.encode_about is not None:
        return format.encode_about(pixels, icc, dpi, about)
    return format.encode(pixels, icc, dpi)


def encode_mask(alpha: U8) -> bytes:
    """HxW uint8 as an 8-bit grey PNG."""
    return write_png(alpha)
