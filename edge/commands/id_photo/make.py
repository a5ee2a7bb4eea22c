"""The ID photos of one photo, their reports and their sheet, each file written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from edge.commands.cut.tasks import Task
from edge.commands.cut.work import read_photo
from edge.fs.files import make_folders, write_atomic
from edge.fs.names import fitted, printable
from matting.errors import MattingError, OutputError, PhotoError
from matting.formats.jpeg import JPEG
from matting.id_photo.beside import SUFFIXES, Print, checked, sheet_file
from matting.id_photo.portrait import IdPhoto, Wish
from matting.pipeline import make_id_photos
from matting.pixel_work import PixelWork
from matting.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """What is made of every photo. settings: with the wishes, one for each rule. check: report and picture with lines as
    well."""

    settings: Settings
    check: bool
    sheet: Print | None


@dataclass(frozen=True, slots=True)
class Told:
    """words: of the files that were made, for stdout. failures: of the rules to which none could be made, with their names."""

    words: str
    failures: tuple[tuple[str, PhotoError], ...]


def make_all(task: Task, job: Job, work: PixelWork) -> Told:
    """The files of one photo: of each rule to which it can be made; and the sheet, where it can be made to all of them.

    Raises:
        MattingError: none can be made, whatever the rule, or it cannot be written. With `check` the reason lies in a file too.
    """
    wishes = job.settings.id_photos
    stems = [task.stem if len(wishes) == 1 else f"{task.stem}-{wish.rule.name}" for wish in wishes]
    try:
        found = make_id_photos(read_photo(task, job.settings.limits.bytes), job.settings, work)
    except MattingError as error:
        if job.check:
            for stem, wish in zip(stems, wishes, strict=True):
                _write(task.folder / fitted(stem, SUFFIXES["report"]), _refusal(wish, error))
        raise
    said: list[str] = []
    failures: list[tuple[str, PhotoError]] = []
    made: list[IdPhoto] = []
    for stem, wish, each in zip(stems, wishes, found, strict=True):
        if isinstance(each, PhotoError):
            failures.append((wish.rule.name, each))
            if job.check:
                _write(task.folder / fitted(stem, SUFFIXES["report"]), _refusal(wish, each))
        else:
            made.append(each[1])
            said += _written(task.folder, stem, *each, check=job.check)
    if job.sheet is not None and made and not failures:
        said.append(_sheet(task, made, job.sheet))
    return Told("\n".join(said), tuple(failures))


def _written(folder: Path, stem: str, data: bytes, made: IdPhoto, *, check: bool) -> list[str]:
    """The photo and what is beside it; what to print of it."""
    target = folder / fitted(stem, JPEG.suffix)
    _write(target, data)
    said = [printable(str(target))]
    if not check:
        return said + [f"  note: {warning}" for warning in made.report.warnings]
    for part, beside in checked(made).items():
        _write(folder / fitted(stem, SUFFIXES[part]), beside)
    return [*said, made.report.words().rstrip()]


def _refusal(wish: Wish, error: MattingError) -> bytes:
    said = {"specification": wish.rule.name, "passed": False, "error": type(error).__name__, "reason": str(error)}
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _sheet(task: Task, made: list[IdPhoto], wanted: Print) -> str:
    data, sheet = sheet_file(made, wanted)
    target = task.folder / fitted(task.stem, SUFFIXES[wanted.part])
    _write(target, data)
    return f"{printable(str(target))}  {len(sheet.spots)} on {sheet.paper.width:g} x {sheet.paper.height:g} mm"


def _write(target: Path, data: bytes) -> None:
    try:
        make_folders(target.parent)
        write_atomic(target, data)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
