"""Colours and matte as two pictures in one archive, for programs that put them together themselves."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from matting.formats.alpha import ALPHA
from matting.formats.base import Format
from matting.formats.jpeg import JPEG
from matting.photo import U8

COLOUR, MATTE = "color.jpg", "alpha.png"


def _write(pixels: U8, icc: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """color.jpg (RGB, black where alpha is 0) and alpha.png (grey), neither compressed once more."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        archive.writestr(ZipInfo(COLOUR), JPEG.encode(pixels[..., :3], icc, dpi))
        archive.writestr(ZipInfo(MATTE), ALPHA.encode(pixels, icc, dpi))
    return out.getvalue()


ZIP = Format("zip", ".zip", _write, most_side=JPEG.most_side)
