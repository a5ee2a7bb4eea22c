"""JPEG, by libjpeg-turbo through simplejpeg. Source: ITU-T T.81 annex B; JFIF 1.02; ICC.1 annex B.4."""

from __future__ import annotations

import struct

import numpy as np
import simplejpeg

from matting.exif import in_jpeg
from matting.formats.base import Format
from matting.photo import U8

_MOST_SIDE = 65_500  # libjpeg-turbo's limit
_ICC_PIECE = 65_535 - 2 - 14  # a segment's longest body, less the mark, number and count


def write_jpeg(rgb: U8, icc: bytes | None, dpi: tuple[float, float] | None, quality: int = 92) -> bytes:
    """A baseline JPEG of HxWx3 without colour subsampling, with the profile and resolution in its head."""
    plain: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), quality, "RGB", "444")
    unit, (x, y) = (1, dpi) if dpi else (0, (1, 1))  # 0: x and y give only the pixels' shape
    x, y = (max(1, min(65_535, round(value))) for value in (x, y))
    jfif = struct.pack(">HH5sHBHHBB", 0xFFE0, 16, b"JFIF\0", 0x0101, unit, x, y, 0, 0)
    after = 4 + int.from_bytes(plain[4:6], "big")  # the encoder's own JFIF segment follows the start marker
    return b"".join((plain[:2], jfif, *_icc_segments(icc or b""), memoryview(plain)[after:]))


def _icc_segments(icc: bytes) -> list[bytes]:
    pieces = [icc[at : at + _ICC_PIECE] for at in range(0, len(icc), _ICC_PIECE)]
    return [
        struct.pack(">HH12sBB", 0xFFE2, len(piece) + 16, b"ICC_PROFILE\0", number, len(pieces)) + piece
        for number, piece in enumerate(pieces, 1)
    ]


def _with_about(rgb: U8, icc: bytes | None, dpi: tuple[float, float] | None, about: bytes) -> bytes:
    return in_jpeg(write_jpeg(rgb, icc, dpi), about)


JPEG = Format("jpeg", ".jpg", write_jpeg, alpha=False, aliases=("jpg",), most_side=_MOST_SIDE, encode_about=_with_about)
