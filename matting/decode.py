"""Bytes of an untrusted file -> Photo. The format is what the content says, from a short list; its name plays no part."""

from __future__ import annotations

import cv2
import numpy as np

from matting import camera_raw, profiles
from matting.avif import avif_raster
from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.headers import Header, Kind, bmp_header, check_pixels, webp_header
from matting.heif import heif_raster
from matting.jpeg import jpeg_header
from matting.photo import U8, Limits, Photo
from matting.png import png_header
from matting.raster import Raster, raster
from matting.raw_jpeg import raw_header
from matting.tiff import tiff_header

TAKEN = "JPEG, PNG, WebP, TIFF, BMP, HEIC and AVIF are taken"

_HEADERS = {"JPEG": jpeg_header, "PNG": png_header, "WebP": webp_header, "TIFF": tiff_header, "BMP": bmp_header}
_CONTAINERS = {"HEIC": heif_raster, "AVIF": avif_raster}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_WEBP_KINDS = {b"VP8 ", b"VP8L", b"VP8X"}
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
)
# Pictures that people do put in; naming them helps more than "not a picture".
_REFUSED = (
    (b"GIF8", "GIF"),
    (b"8BPS", "PSD"),
    (b"%PDF", "PDF"),
    (b"II+\0", "BigTIFF"),
    (b"MM\0+", "BigTIFF"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"<svg", "SVG"),
)


def decode(data: bytes, limits: Limits, *, to_srgb: bool = False) -> Photo:
    """The photo in `data`, upright, at 8 bits per channel; the first frame of an animation or page of a TIFF.

    to_srgb: convert the colours to sRGB instead of keeping the file's RGB profile.

    Raises:
        UnreadablePhoto: empty, cut short, damaged, or no picture at all.
        UnsupportedPhoto: a format or kind of pixel that is not taken.
        PhotoTooLarge: over a limit; found before any pixel is decoded.
    """
    if len(data) > limits.bytes:
        raise PhotoTooLarge(f"the file has {len(data) / 1e6:.1f} MB, at most {limits.bytes / 1e6:.1f} MB are taken")
    header, pixels = _read(data, limits.pixels)
    rgb, icc = pixels.rgb, None
    if not pixels.converted:
        rgb, icc = profiles.settle(rgb, header.icc, grey=pixels.grey, to_srgb=to_srgb)
    opacity = pixels.opacity
    if opacity is not None and int(opacity.min()) == 255:
        opacity = None
    turned = header.dpi[::-1] if header.dpi and header.orientation >= 5 else header.dpi
    return Photo(
        rgb=upright(rgb, header.orientation),
        opacity=None if opacity is None else upright(opacity, header.orientation),
        icc=icc,
        dpi=turned,
        about=header.about,
    )


def sniff(data: bytes) -> Kind:
    """The format of a file by its first bytes.

    Raises:
        UnreadablePhoto: empty, or no picture that we know. UnsupportedPhoto: a picture of another format, or a raw file.
    """
    if not data:
        raise UnreadablePhoto("the file is empty")
    camera_raw.refuse_marked(data)
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and data[12:16] in _WEBP_KINDS:
        return "WebP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC"
    if data[4:12] == b"ftypavif":
        return "AVIF"
    refused = "an AVIF sequence, or video," if data[4:8] == b"ftyp" else ""
    if refused := refused or next((name for magic, name in _REFUSED if data.startswith(magic)), ""):
        raise UnsupportedPhoto(f"{refused} is not taken; {TAKEN}")
    raise UnreadablePhoto(f"the file is not a picture; {TAKEN}")


def upright(pixels: U8, orientation: int) -> U8:
    """HxW or HxWx3 pixels turned and mirrored as an EXIF orientation (1..8) asks. Source: EXIF 2.32, tag 0x0112."""
    if orientation >= 5:  # 5..8 are 1..4 with rows and columns exchanged
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return pixels if flip is None else np.asarray(cv2.flip(pixels, flip), np.uint8)


def _read(data: bytes, most: int) -> tuple[Header, Raster]:
    try:
        kind = sniff(data)
        if kind in _CONTAINERS:
            return _CONTAINERS[kind](data, most)
        header = _HEADERS[kind](data)
    except camera_raw.RawFile as refusal:
        header = raw_header(data, refusal)
    check_pixels(header.width, header.height, most)
    return header, raster(header, most)
