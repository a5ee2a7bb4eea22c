"""What a picture file says before its pixels: format, size, profile, resolution, orientation.

Our own readers, each bounded by the file's length, so that the pixel limit is checked before a library sees the file,
and so that the libraries get the picture alone: text blocks, thumbnails, EXIF, further frames and comments, the parts
where their parsers were attacked, are left out of `Header.picture` where the format lets them be.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from matting import tags
from matting.errors import PhotoTooLarge, UnreadablePhoto
from matting.exif import kept

Kind = Literal["JPEG", "PNG", "WebP", "TIFF", "BMP", "HEIC", "AVIF"]

MOST_ICC = 4 * 1024 * 1024  # bytes; the largest real RGB and CMYK profiles have 1 to 3 MB
MOST_CHUNKS = 200_000  # of a PNG or WebP; a 256 MB PNG in the usual 8 KB pieces has 32,000
_RUNS = (1, 2)  # BMP's compression of 8 and 4 bits
# Pixels and bytes of a run-length coded BMP: Pillow unpacks it in Python, 0.15 us a pixel and 0.3 us a byte (x86-64).
# An 8-bit screen of 4K, the most that anyone would put in, has 8 million; 16 million took 4 s at worst.
_MOST_RUNS = 16_000_000


@dataclass(frozen=True, slots=True)
class Header:
    """width, height: pixels as stored, before the EXIF turn. picture: the file for the pixel decoder. bits: per channel.

    channels: as stored (0 where only the decoder can tell). min_is_white: grey TIFF whose 0 is white. about: see
    `matting.exif.kept`.
    """

    kind: Kind
    width: int
    height: int
    picture: bytes
    bits: int = 8
    channels: int = 0
    min_is_white: bool = False
    orientation: int = 1
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    about: bytes | None = None


def check_pixels(width: int, height: int, most: int) -> None:
    """Raises UnreadablePhoto for a picture without pixels, PhotoTooLarge for one with more than `most`."""
    if width < 1 or height < 1:
        raise UnreadablePhoto(f"the picture says to be {width} x {height} pixels: it is damaged")
    if width * height > most:
        raise PhotoTooLarge(
            f"the photo has {width} x {height} pixels ({width * height / 1e6:.0f} MP), at most {most / 1e6:.0f} MP are taken"
        )


def cut_short(kind: str) -> UnreadablePhoto:
    """The error for a file that ends before its picture does."""
    return UnreadablePhoto(f"the {kind} is cut short: copy the file again")


def webp_header(data: bytes) -> Header:
    """Source: RFC 9649. The animation's canvas is its size; the decoder takes the whole file and gives the first frame."""
    if len(data) < 30 or 8 + int.from_bytes(data[4:8], "little") > len(data):
        raise cut_short("WebP")
    first = data[12:16]
    if first == b"VP8X":
        width, height = 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    elif first == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        width, height = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    else:
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", data, 26))
    meta = {kind: data[start:end] for kind, start, end in _webp_chunks(data) if kind in (b"ICCP", b"EXIF")}
    exif = tags.read_directory(meta.get(b"EXIF", b"").removeprefix(b"Exif\0\0"))
    return Header(
        "WebP", width, height, data,
        orientation=exif.orientation() if exif else 1, icc=meta.get(b"ICCP"), dpi=exif.dpi() if exif else None,
        about=kept(exif),
    )  # fmt: skip


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, at + 8 + length
        at += 8 + length + (length & 1)


def bmp_header(data: bytes) -> Header:
    """Source: Microsoft, Bitmap Header Types. Raises PhotoTooLarge for what is too slow to unpack, see _MOST_RUNS."""
    if len(data) < 54:
        raise cut_short("BMP")
    old = int.from_bytes(data[14:18], "little") == 12
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    dpi = (0, 0) if old else struct.unpack_from("<ii", data, 38)
    runs = not old and int.from_bytes(data[30:34], "little") in _RUNS
    if runs and width * abs(height) + len(data) > _MOST_RUNS:
        raise PhotoTooLarge("a run-length coded BMP of this size is not taken: save it as PNG")
    return Header("BMP", width, abs(height), data, dpi=tags.sane_dpi(dpi[0] * 0.0254, dpi[1] * 0.0254))
