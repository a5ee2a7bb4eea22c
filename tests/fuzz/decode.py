"""Bytes of a photo -> decode: a photo, or a PhotoError, within memory that the limits allow."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image, features

from matting.decode import decode
from matting.errors import PhotoError
from matting.photo import Limits
from tests.matting.hostile import picture, png, saved
from tests.matting.tiff_files import Page, dng_file, rgb_page, tiff_file

LIMITS = Limits(pixels=200_000, bytes=100_000)
LONGEST = 4096
WORDS = [
    b"IHDR",
    b"PLTE",
    b"tRNS",
    b"IDAT",
    b"IEND",
    b"iCCP",
    b"eXIf",
    b"Exif\0\0",
    b"ICC_PROFILE\0",
    b"VP8X",
    b"ALPH",
    b"ANIM",
]

# What a decode may hold at its peak: the photo, the decoder's own picture, and tables that do not depend on the size.
_MOST_MEMORY = 32 * LIMITS.pixels + 24_000_000


def seeds() -> dict[str, bytes]:
    """A small file of each kind that is read in a way of its own."""
    rgb, rgba = picture(12, 16), picture(12, 16, channels=4)
    grey, palette = Image.fromarray(rgb).convert("L"), Image.fromarray(rgb).quantize(8)
    cmyk = Image.fromarray(rgb).convert("CMYK")
    exif = Image.Exif()
    exif[0x0112] = 6
    found = {
        "plain.jpg": saved(rgb, "JPEG", exif=exif, dpi=(300, 300)),
        "grey.jpg": saved(grey, "JPEG"),
        "cmyk.jpg": saved(cmyk, "JPEG"),
        "progressive.jpg": saved(rgb, "JPEG", progressive=True),
        "plain.png": saved(rgb, "PNG"),
        "alpha.png": saved(rgba, "PNG", exif=exif, dpi=(300, 300)),
        "palette.png": saved(palette, "PNG", transparency=3),
        "bits.png": saved(grey.convert("1"), "PNG"),
        "deep.png": png(4, 2, 16, 2, (b"\0" + bytes(range(24))) * 2),
        "deep-grey.png": png(4, 2, 16, 0, (b"\0" + bytes(range(8))) * 2),
        "plain.webp": saved(rgb, "WEBP", exif=exif),
        "lossless.webp": saved(rgba, "WEBP", lossless=True),
        "frames.webp": saved(rgb, "WEBP", save_all=True, append_images=[Image.fromarray(255 - rgb)]),
        "plain.tif": saved(rgb, "TIFF", dpi=(300, 300)),
        "lzw.tif": saved(rgba, "TIFF", compression="tiff_lzw"),
        "deflate.tif": saved(grey, "TIFF", compression="tiff_adobe_deflate"),
        "jpeg.tif": saved(rgb, "TIFF", compression="jpeg"),
        "cmyk.tif": saved(cmyk, "TIFF", compression="packbits"),
        "below.tif": tiff_file([Page(rgb_page(12, 16).tags, [bytes(576)], [rgb_page(6, 8, subfile=1)]), rgb_page(4, 4)]),
        "plain.bmp": saved(rgb, "BMP"),
        "palette.bmp": saved(palette, "BMP"),
        "camera.dng": dng_file(saved(rgb, "JPEG", exif=exif), (12, 16), (24, 32)),
    }
    if "avif" in features.modules and features.check_module("avif"):
        found["plain.avif"] = saved(rgba, "AVIF", exif=exif.tobytes())
    try:
        import pillow_heif
    except ImportError:
        return found
    pillow_heif.register_heif_opener()
    return {**found, "plain.heic": saved(rgba, "HEIF", quality=50)}


def repaired(data: bytes) -> bytes:
    """A PNG with right checksums, so that what was changed in it is not found out by them alone; other files as they are."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            break
        parts += [data[at : end - 4], struct.pack(">I", zlib.crc32(data[at + 4 : end - 4]))]
        at = end
    return b"".join([*parts, data[at:]])


def one(data: bytes) -> None:
    before = _reset_peak()
    try:
        photo = decode(data, LIMITS, to_srgb=len(data) % 2 == 1)
    except PhotoError:
        pass
    else:
        assert photo.height * photo.width <= LIMITS.pixels
        assert photo.rgb.shape == (photo.height, photo.width, 3)
        assert photo.opacity is None or photo.opacity.shape == photo.rgb.shape[:2]
    grown = _memory("VmHWM") - before
    assert grown < _MOST_MEMORY, f"{grown / 1e6:.0f} MB for a file of {len(data)} bytes"


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's note of the most that was ever resident starts anew
    return _memory("VmRSS")


def _memory(name: str) -> int:
    """Resident bytes of this process."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split(name + ":")[1].split()[0])
