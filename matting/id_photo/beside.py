"""What is written beside an ID photo on request: its report in words and JSON, a picture with its lines, a sheet to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Literal
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from matting import profiles
from matting.errors import SettingsError
from matting.formats.jpeg import write_jpeg
from matting.id_photo.portrait import IdPhoto
from matting.id_photo.print_sheet import sheet_pixels, write_pdf, write_sheet_jpeg
from matting.id_photo.sheet import Paper, Sheet, lay_out
from matting.photo import U8

Part = Literal["report", "words", "lines", "sheet_pdf", "sheet_jpeg"]
# How the name of each ends, behind the photo's own.
SUFFIXES: Mapping[Part, str] = {
    "report": ".check.json",
    "words": ".check.txt",
    "lines": ".check.jpg",
    "sheet_pdf": ".sheet.pdf",
    "sheet_jpeg": ".sheet.jpg",
}
_LINES_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Print:
    """A sheet that is asked for. copies: of each picture, None for as many as fit; dpi: the printer's; jpeg: and no PDF."""

    paper: Paper
    copies: int | None = None
    dpi: float = 300.0
    jpeg: bool = False

    @property
    def part(self) -> Part:
        return "sheet_jpeg" if self.jpeg else "sheet_pdf"

    @property
    def pixels(self) -> int:
        """Of the whole sheet."""
        return round(self.paper.width * self.dpi / 25.4) * round(self.paper.height * self.dpi / 25.4)


@dataclass(frozen=True, slots=True)
class Beside:
    """check: report, words and lines."""

    check: bool = False
    sheet: Print | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What `written` gives."""
        checked: tuple[Part, ...] = ("report", "words", "lines") if self.check else ()
        return checked if self.sheet is None else (*checked, self.sheet.part)


def written(made: IdPhoto, wanted: Beside) -> dict[Part, bytes]:
    """The files of one ID photo.

    Raises:
        SettingsError: not even one picture fits on the paper.
    """
    files = checked(made) if wanted.check else {}
    if wanted.sheet is not None:
        files[wanted.sheet.part] = sheet_file([made], wanted.sheet)[0]
    return files


def checked(made: IdPhoto) -> dict[Part, bytes]:
    """The report as JSON and in words, and the picture with its lines."""
    lines = write_jpeg(made.with_lines(), None, None, _LINES_QUALITY)
    return {"report": made.report.as_json().encode(), "words": made.report.words().encode(), "lines": lines}


def sheet_file(made: Sequence[IdPhoto], wanted: Print) -> tuple[bytes, Sheet]:
    """A sheet of these pictures, and how they lie on it.

    Raises:
        SettingsError: they do not fit on the paper.
    """
    sheet = lay_out([(each.wish.rule.width, each.wish.rule.height) for each in made], wanted.paper, wanted.copies)
    pixels = sheet_pixels(sheet, [_in_srgb(each) for each in made], wanted.dpi)
    return (write_sheet_jpeg if wanted.jpeg else write_pdf)(pixels, wanted.dpi), sheet


def check_room(wanted: Beside, most: int) -> None:
    """Raises SettingsError for a sheet of more than `most` pixels, the budget's for a photo: its memory is counted there."""
    if wanted.sheet is not None and wanted.sheet.pixels > most:
        raise SettingsError(
            f"a sheet of {wanted.sheet.pixels / 1e6:.0f} MP is more than this machine makes ({most / 1e6:.0f} MP): "
            "take a smaller paper"
        )


def archive(photo: bytes, suffix: str, files: Mapping[Part, bytes]) -> bytes:
    """All in one ZIP: photo.jpg, photo.check.json and so on, none compressed once more. suffix: of the photo."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as target:
        target.writestr(ZipInfo("photo" + suffix), photo)
        for part, data in files.items():
            target.writestr(ZipInfo("photo" + SUFFIXES[part]), data)
    return out.getvalue()


def _in_srgb(made: IdPhoto) -> U8:
    """Printers are sent one space."""
    return profiles.settle(np.array(made.pixels), made.icc, grey=False, to_srgb=True)[0]
