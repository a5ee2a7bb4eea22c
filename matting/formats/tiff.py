"""TIFF, by Pillow: lossless, with LZW and the horizontal predictor."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from matting.exif import in_tiff
from matting.formats.base import Format
from matting.photo import U8

_PREDICTOR_TAG, _HORIZONTAL = 317, 2


def write_tiff(pixels: U8, icc: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """A TIFF of HxWx3 or HxWx4 pixels."""
    out = BytesIO()
    Image.fromarray(pixels).save(
        out, "TIFF", compression="tiff_lzw", tiffinfo={_PREDICTOR_TAG: _HORIZONTAL}, icc_profile=icc, dpi=dpi
    )
    return out.getvalue()


def _with_about(pixels: U8, icc: bytes | None, dpi: tuple[float, float] | None, about: bytes) -> bytes:
    return in_tiff(write_tiff(pixels, icc, dpi), about)


TIFF = Format("tiff", ".tif", write_tiff, aliases=("tif",), encode_about=_with_about)
