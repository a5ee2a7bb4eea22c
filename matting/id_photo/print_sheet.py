"""A sheet of ID photos as pixels, and as a JPEG or PDF of exactly the paper's size.

The PDF is Pillow's: one picture as large as the page. At 300 dpi a pixel has 0.085 mm, so every edge is where it belongs to
within 0.05 mm; and print and JPEG are the same pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from matting.formats.jpeg import write_jpeg
from matting.id_photo.sheet import Sheet
from matting.photo import U8

_QUALITY = 95
_INK = (90, 90, 90)
_LINE = 0.1  # mm


def sheet_pixels(sheet: Sheet, pictures: Sequence[U8], dpi: float) -> U8:
    """HxWx3, white where nothing lies. pictures: HxWx3 sRGB, those that `sheet` was laid out for; dpi: the printer's."""
    per_mm = dpi / 25.4
    paper = np.full((round(sheet.paper.height * per_mm), round(sheet.paper.width * per_mm), 3), 255, np.uint8)
    for mark in sheet.marks:
        half = max(1, round(_LINE * per_mm)) / 2
        x0, x1 = sorted((mark.x0 * per_mm, mark.x1 * per_mm))
        y0, y1 = sorted((mark.y0 * per_mm, mark.y1 * per_mm))
        rows = slice(round(y0 - half), round(y1 + half)) if y0 == y1 else slice(round(y0), round(y1))
        columns = slice(round(x0 - half), round(x1 + half)) if x0 == x1 else slice(round(x0), round(x1))
        paper[rows, columns] = _INK
    for spot in sheet.spots:
        top, left = round(spot.top * per_mm), round(spot.left * per_mm)
        height, width = round(spot.height * per_mm), round(spot.width * per_mm)
        paper[top : top + height, left : left + width] = _sized(pictures[spot.index], height, width)
    return paper


def write_pdf(pixels: U8, dpi: float) -> bytes:
    """One page, as large as HxWx3 pixels are at that resolution."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PDF", resolution=dpi, quality=_QUALITY, title="ID photos")
    return out.getvalue()


def write_sheet_jpeg(pixels: U8, dpi: float) -> bytes:
    """The same as a JPEG."""
    return write_jpeg(pixels, None, (dpi, dpi), _QUALITY)


def _sized(picture: U8, height: int, width: int) -> U8:
    if picture.shape[:2] == (height, width):
        return picture
    how = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
