"""Sheets: the geometry in mm, and what a PDF renderer makes of them."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from matting.errors import SettingsError
from matting.id_photo.beside import Beside, Print, check_room
from matting.id_photo.print_sheet import sheet_pixels, write_pdf, write_sheet_jpeg
from matting.id_photo.sheet import PAPERS, Paper, Sheet, lay_out, parse_paper

PASSPORT, VISA, INCH = (35.0, 45.0), (50.8, 50.8), (25.0, 35.0)
BLACK = np.zeros((531, 413, 3), np.uint8)


def check(sheet: Sheet) -> None:
    """Nothing beyond the border, nothing over another, no mark in a picture."""
    paper = sheet.paper
    for spot in sheet.spots:
        assert spot.left >= paper.border - 0.001
        assert spot.top >= paper.border - 0.001
        assert spot.left + spot.width <= paper.width - paper.border + 0.001
        assert spot.top + spot.height <= paper.height - paper.border + 0.001
        for other in sheet.spots:
            if other is not spot:
                apart_x = max(other.left - spot.left - spot.width, spot.left - other.left - other.width)
                apart_y = max(other.top - spot.top - spot.height, spot.top - other.top - other.height)
                assert max(apart_x, apart_y) >= paper.gap - 0.001
        for mark in sheet.marks:
            inside_x = min(mark.x0, mark.x1) < spot.left + spot.width - 0.01 and max(mark.x0, mark.x1) > spot.left + 0.01
            inside_y = min(mark.y0, mark.y1) < spot.top + spot.height - 0.01 and max(mark.y0, mark.y1) > spot.top + 0.01
            assert not (inside_x and inside_y)
    for mark in sheet.marks:
        assert min(mark.x0, mark.x1, mark.y0, mark.y1) >= paper.border - 0.001


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("sizes", [[PASSPORT], [VISA], [PASSPORT, INCH], [INCH, VISA]])
def test_sheets_hold_what_is_laid_on_them(paper: str, sizes: list[tuple[float, float]]) -> None:
    sheet = lay_out(sizes, parse_paper(paper))
    check(sheet)
    assert {spot.index for spot in sheet.spots} == set(range(len(sizes)))


def test_a_postcard_holds_eight_passport_photos_and_a4_many() -> None:
    assert len(lay_out([PASSPORT], parse_paper("10x15cm")).spots) == 8
    assert len(lay_out([PASSPORT], parse_paper("A4")).spots) >= 25
    assert len(lay_out([PASSPORT, INCH], parse_paper("4x6in"), copies=3).spots) == 6


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(SettingsError, match="do not fit"):
        lay_out([PASSPORT], parse_paper("30x40mm"))
    with pytest.raises(SettingsError, match="20 of each do not fit"):
        lay_out([PASSPORT], parse_paper("10x15cm"), copies=20)
    for wrong in ("A99", "1x2cm", "10x15"):
        with pytest.raises(SettingsError, match="paper"):
            parse_paper(wrong)


def test_a_sheet_has_no_more_pixels_than_a_photo_may() -> None:
    wanted = Beside(sheet=Print(parse_paper("A4"), dpi=300))
    check_room(wanted, 2480 * 3508)
    with pytest.raises(SettingsError, match="sheet of 9 MP"):
        check_room(wanted, 2480 * 3508 - 1)


def test_the_jpeg_has_the_papers_size() -> None:
    pixels = sheet_pixels(lay_out([PASSPORT], parse_paper("100x150mm")), [BLACK], 300)
    with Image.open(BytesIO(write_sheet_jpeg(pixels, 300))) as image:
        assert sorted(side / 300 * 25.4 for side in image.size) == pytest.approx([100, 150], abs=0.05)
        assert image.info["dpi"] == (300, 300)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed")
@pytest.mark.parametrize("dpi", [300, 600])
def test_a_rendered_pdf_measures_what_it_should(dpi: int, tmp_path: Path) -> None:
    paper = Paper(210, 297, border=5, gap=3)
    sheet = lay_out([PASSPORT], paper, copies=4)
    (tmp_path / "sheet.pdf").write_bytes(write_pdf(sheet_pixels(sheet, [BLACK], dpi), dpi))
    command = ["pdftoppm", "-r", "1200", "-gray", str(tmp_path / "sheet.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(next(tmp_path.glob("page*.pgm"))) as image:
        page = np.asarray(image)
    per_mm = 1200 / 25.4
    assert (page.shape[1] / per_mm, page.shape[0] / per_mm) == pytest.approx((sheet.paper.width, sheet.paper.height), abs=0.1)
    for spot in sheet.spots:
        row = page[round((spot.top + spot.height / 2) * per_mm)] < 100
        inside = row[round((spot.left - 1) * per_mm) : round((spot.left + spot.width + 1) * per_mm)]
        edges = np.flatnonzero(inside)
        assert (edges[-1] - edges[0] + 1) / per_mm == pytest.approx(35.0, abs=0.1)
        assert edges[0] / per_mm - 1 == pytest.approx(0, abs=0.1)
    for mark in sheet.marks:
        x, y = (mark.x0 + mark.x1) / 2 * per_mm, (mark.y0 + mark.y1) / 2 * per_mm
        assert page[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].min() < 160
