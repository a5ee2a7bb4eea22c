"""Colour profiles: which one goes with the photo, and conversion to sRGB. Colour engine: Little CMS, through Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from matting.headers import MOST_ICC
from matting.photo import U8

_BAND = 1 << 20  # pixels converted at a time: bounds the memory to a few MB whatever the photo

# Image modes as Little CMS takes them, by the profile's colour space (ICC.1, 7.2.6).
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}


def bands(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture, in slices of about a megapixel."""
    step = max(1, _BAND // width)
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def space(icc: bytes | None) -> bytes:
    """The colour space of a profile as its header says, b"" for none or for bytes that are no profile."""
    if icc is None or not 128 < len(icc) <= MOST_ICC or icc[36:40] != b"acsp":
        return b""
    return icc[16:20]


def settle(rgb: U8, icc: bytes | None, *, grey: bool, to_srgb: bool) -> tuple[U8, bytes | None]:
    """The photo's pixels and the RGB profile that describes them, None for sRGB.

    A broken profile, or one of another colour space than the photo's, is dropped. grey: the photo had one channel
    (rgb holds it three times); its grey profile is converted to sRGB, since an RGB output cannot carry it.
    """
    transform = to_srgb_transform(icc)
    if transform is None or space(icc) == b"CMYK" or (space(icc) == b"GRAY" and not grey):
        return rgb, None
    if space(icc) == b"GRAY":
        return _grey_table(transform)[rgb[:, :, 0]], None
    if not to_srgb:
        return rgb, icc
    if is_srgb(icc):
        return rgb, None
    for rows in bands(*rgb.shape[:2]):
        rgb[rows] = np.asarray(ImageCms.applyTransform(Image.fromarray(rgb[rows]), transform))
    return rgb, None


def cmyk_to_srgb(image: Image.Image, icc: bytes | None) -> U8:
    """HxWx3 sRGB of a CMYK image (255 = full ink): through its profile, or plainly where that is missing or broken."""
    transform = to_srgb_transform(icc) if space(icc) == b"CMYK" else None
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for rows in bands(image.height, image.width):
        band = image.crop((0, rows.start, image.width, rows.stop))
        rgb[rows] = np.asarray(ImageCms.applyTransform(band, transform) if transform else band.convert("RGB"))
    return rgb


def to_srgb_transform(icc: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """The transform from the profile to sRGB, None where the profile cannot be used."""
    mode = _MODES.get(space(icc))
    if icc is None or mode is None:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(icc))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def from_srgb(pixels: U8, icc: bytes | None) -> U8:
    """HxWx3 sRGB: the same colours as numbers of the space that an RGB profile describes."""
    if icc is None or is_srgb(icc):
        return pixels
    target = ImageCms.ImageCmsProfile(BytesIO(icc))
    transform = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), target, "RGB", "RGB")
    return np.asarray(ImageCms.applyTransform(Image.fromarray(pixels), transform), np.uint8)


def is_srgb(icc: bytes | None) -> bool:
    """Whether the profile calls itself sRGB."""
    if icc is None:
        return True
    try:
        return "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(icc)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False


def _grey_table(transform: ImageCms.ImageCmsTransform) -> U8:
    """256x3: the sRGB colour of each grey level."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    table: U8 = np.asarray(ImageCms.applyTransform(ramp, transform))[0]
    return table
