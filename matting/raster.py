"""From a file's picture to arrays: the pixel decoders, one small function per kind of image.

Pillow's plug-ins are called by class, never through `Image.open`: only the format that was sniffed can answer, and
Pillow's own limits, which are global, do not mix with ours.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from matting import profiles
from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.headers import Header, check_pixels, cut_short
from matting.jpeg import jpeg_pixels
from matting.photo import U8
from matting.png import check_unpacked

_PLUGINS: dict[str, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "TIFF": TiffImageFile,
    "BMP": BmpImageFile,
}

# What Pillow raises on broken data, found by fuzzing and by reading its plug-ins; MemoryError is ours to die of.
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, struct.error,
    zlib.error, OverflowError, ZeroDivisionError, RuntimeError,
)  # fmt: skip
_TAKEN = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}
_GREY = {"1", "L", "LA", "La"}


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """rgb: HxWx3 uint8, writable. opacity: HxW uint8 or None. grey: one channel, repeated. converted: is sRGB already."""

    rgb: U8
    opacity: U8 | None = None
    grey: bool = False
    converted: bool = False


def raster(header: Header, most: int) -> Raster:
    """The pixels of a picture, not turned. most: the limit of pixels, checked again on what the decoder itself reads.

    Raises:
        UnreadablePhoto: broken data. UnsupportedPhoto: a kind of pixel that is not taken. PhotoTooLarge: see `most`.
    """
    if header.kind == "JPEG" and (rgb := jpeg_pixels(header)) is not None:
        return Raster(rgb, grey=header.channels == 1)
    image = _load(header, most)
    if image.mode == "CMYK":
        return Raster(profiles.cmyk_to_srgb(image, header.icc), converted=True)
    if image.mode.startswith("I;16") or (image.mode == "I" and header.kind == "PNG"):
        return _from_deep_grey(image, header)
    if image.mode not in _TAKEN:
        raise UnsupportedPhoto(f"a {header.kind} of the kind {image.mode} is not taken: save it as 8-bit RGB")
    if header.bits == 16 and header.channels > 1:
        del image  # was the check that the file is whole: OpenCV, which reads all 16 bits, tolerates truncation
        if header.kind == "PNG":
            check_unpacked(header)
        return _from_deep_colour(header)
    return _from_image(image, header)


def _load(header: Header, most: int) -> Image.Image:
    with warnings.catch_warnings():
        # Not safe among threads: the worst of a lost race is that Pillow's warnings, and only they, stay silent.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        try:
            image = _PLUGINS[header.kind](BytesIO(header.picture))
            check_pixels(image.width, image.height, most)
            image.load()
        except Image.DecompressionBombError as error:
            raise PhotoTooLarge("the photo has far more pixels than are taken") from error
        except BROKEN as error:
            raise _explained(header.kind, error) from error
    return image


def _explained(kind: str, error: Exception) -> UnreadablePhoto | UnsupportedPhoto:
    text = str(error)
    if "truncated" in text.lower():
        return cut_short(kind)
    if "unknown pixel mode" in text or "unknown data organization" in text or "cannot handle" in text:
        return UnsupportedPhoto(f"this kind of {kind} is not taken ({text}): save it as 8-bit RGB")
    return UnreadablePhoto(f"the {kind} is damaged ({text or type(error).__name__}): copy the file again")


def _from_image(image: Image.Image, header: Header) -> Raster:
    """In bands of rows, so that a palette or alpha costs no second full-size image."""
    alpha = image.has_transparency_data or image.mode in ("La", "RGBa")
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    opacity = np.empty(rgb.shape[:2], np.uint8) if alpha else None
    for rows in profiles.bands(image.height, image.width):
        band = image.crop((0, rows.start, image.width, rows.stop))
        if image.mode in ("La", "RGBa"):
            band = band.convert("LA" if image.mode == "La" else "RGBA")
        pixels = np.asarray(band if band.mode == "RGB" and not alpha else band.convert("RGBA"))
        rgb[rows] = pixels[:, :, :3]
        if opacity is not None:
            opacity[rows] = pixels[:, :, 3]
    if header.kind == "BMP" and opacity is not None and not opacity.any():
        opacity = None  # writers that know no alpha leave its byte 0
    return Raster(rgb, opacity, grey=image.mode in _GREY)


def _from_deep_grey(image: Image.Image, header: Header) -> Raster:
    """Grey of 12 or 16 bits, scaled over the full range (65535 -> 255)."""
    most = (1 << header.bits) - 1
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for rows in profiles.bands(image.height, image.width):
        band = np.asarray(image.crop((0, rows.start, image.width, rows.stop))).astype(np.uint32)
        if header.min_is_white:  # Pillow turns 8-bit grey round, 16-bit grey not
            band = most - band
        rgb[rows] = ((band * 255 + most // 2) // most)[:, :, None]
    return Raster(rgb, grey=True)


def _from_deep_colour(header: Header) -> Raster:
    """Colour of 16 bits: Pillow keeps the upper byte, which darkens; OpenCV gives all bits, to be rounded here."""
    deep = cv2.imdecode(np.frombuffer(header.picture, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.dtype != np.uint16 or deep.shape[:-1] != (header.height, header.width):
        raise UnreadablePhoto(f"the 16-bit {header.kind} is damaged: copy the file again")
    rgb = np.empty((header.height, header.width, 3), np.uint8)
    opacity = np.empty(rgb.shape[:2], np.uint8) if deep.shape[-1] == 4 else None
    for rows in profiles.bands(header.height, header.width):
        band = (deep[rows].astype(np.uint32) + 128) // 257  # rounded: 65535 -> 255
        rgb[rows] = band[:, :, 2::-1]
        if opacity is not None:
            opacity[rows] = band[:, :, 3]
    return Raster(rgb, opacity, grey=header.channels == 2)
