"""The ID photos of one photo, their reports and their sheet, each file written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from edge.commands.cut.tasks import Task
from edge.commands.cut.work import read_photo
from edge.fs.files import make_folders, write_atomic
from edge.fs.names import fitted, printable
from matting.decode import decode
from matting.errors import MattingError, OutputError
from matting.formats.jpeg import write_jpeg
from matting.id_photo.portrait import IdPhoto, Wish
from matting.id_photo.print_sheet import sheet_pixels, write_pdf, write_sheet_jpeg
from matting.id_photo.sheet import Paper, lay_out
from matting.photo import U8
from matting.pipeline import CutOut, cut
from matting.pixel_work import PixelWork
from matting.settings import Settings

_LINES_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Print:
    """A sheet that is asked for. copies: of each picture, None for as many as fit; dpi: the printer's; jpeg: and no PDF."""

    paper: Paper
    copies: int | None
    dpi: float
    jpeg: bool


@dataclass(frozen=True, slots=True)
class Job:
    """What is made of every photo. wishes: one for each rule. check: report and picture with lines as well."""

    settings: Settings
    wishes: tuple[Wish, ...]
    check: bool
    sheet: Print | None


def make_all(task: Task, job: Job, work: PixelWork) -> str:
    """The files of one photo; what to print of it.

    Raises:
        MattingError: no ID photo can be made of it, or it cannot be written. With `check` the reason lies in a file too.
    """
    data = read_photo(task, job.settings.limits.bytes)
    said: list[str] = []
    pictures: list[U8] = []
    for wish in job.wishes:
        stem = task.stem if len(job.wishes) == 1 else f"{task.stem}-{wish.rule.name}"
        try:
            done = cut(data, replace(job.settings, id_photo=wish), work)
        except MattingError as error:
            if job.check:
                _write(task.folder / fitted(stem, ".check.json"), _refusal(wish, error))
            raise
        target = task.folder / fitted(stem, done.suffix)
        _write(target, done.output)
        said.append(printable(str(target)))
        assert done.id_photo is not None
        said += [f"  note: {warning}" for warning in done.id_photo.report.warnings] if not job.check else []
        if job.check:
            said.append(_check(task.folder, stem, done, done.id_photo, wish))
        if job.sheet is not None:
            pictures.append(decode(done.output, job.settings.limits, to_srgb=True).rgb)
    if job.sheet is not None:
        said.append(_sheet(task, job.wishes, pictures, job.sheet))
    return "\n".join(said)


def _check(folder: Path, stem: str, done: CutOut, made: IdPhoto, wish: Wish) -> str:
    """The report as JSON, and the picture with the lines; the words."""
    _write(folder / fitted(stem, ".check.json"), made.report.as_json().encode())
    _write(folder / fitted(stem, ".check.jpg"), write_jpeg(made.with_lines(wish.rule), None, None, _LINES_QUALITY))
    return made.report.words().rstrip()


def _refusal(wish: Wish, error: MattingError) -> bytes:
    said = {"specification": wish.rule.name, "passed": False, "error": type(error).__name__, "reason": str(error)}
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _sheet(task: Task, wishes: tuple[Wish, ...], pictures: list[U8], wanted: Print) -> str:
    sheet = lay_out([(wish.rule.width, wish.rule.height) for wish in wishes], wanted.paper, wanted.copies)
    pixels = sheet_pixels(sheet, pictures, wanted.dpi)
    suffix, write = (".sheet.jpg", write_sheet_jpeg) if wanted.jpeg else (".sheet.pdf", write_pdf)
    target = task.folder / fitted(task.stem, suffix)
    _write(target, write(pixels, wanted.dpi))
    return f"{printable(str(target))}  {len(sheet.spots)} on {sheet.paper.width:g} x {sheet.paper.height:g} mm"


def _write(target: Path, data: bytes) -> None:
    try:
        make_folders(target.parent)
        write_atomic(target, data)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
