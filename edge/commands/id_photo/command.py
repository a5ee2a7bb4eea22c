"""What is asked for on the command line, and the exit code."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

import cv2
from tqdm import tqdm

from edge.board.budget import Budget, this_machine
from edge.commands.cut.tasks import find, tasks
from edge.commands.exit_code import exit_code
from edge.commands.id_photo.listing import listing
from edge.commands.id_photo.make import Job, make_all
from edge.config.load import load_config
from edge.config.options import EXIF
from edge.engine.open_work import work_for
from matting.backgrounds.colour import Colour
from matting.backgrounds.keep import Keep
from matting.backgrounds.registry import parse_background
from matting.bands import on_cores
from matting.engines.registry import engine_names
from matting.errors import MattingError, SettingsError
from matting.face.shipped import shipped_faces
from matting.formats.jpeg import JPEG
from matting.id_photo.beside import Beside, Print, check_room
from matting.id_photo.portrait import Wish
from matting.id_photo.sheet import PAPERS, parse_paper
from matting.id_photo.specification import Range, find_specification
from matting.photo import Limits
from matting.pixel_work import PixelWork
from matting.presets import settings_from

_DPI = 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO|FOLDER", help="photos of one person each, and folders")
    parser.add_argument("--list", action="store_true", help="show the rules that there are, and where they are from")
    parser.add_argument("--spec", action="append", metavar="NAME", help="a rule, such as de-passport; again for a further one")
    parser.add_argument("--out", type=Path, metavar="DIR", help="for DIR/NAME.jpg, and with several rules DIR/NAME-SPEC.jpg")
    parser.add_argument("--background", metavar="#RRGGBB|keep", help="another colour than the rule's; keep: only cropped")
    parser.add_argument("--dpi", type=float, metavar="N", help="instead of the rule's pixels, or 300; of the sheet too")
    parser.add_argument("--kb", type=_range, metavar="LOW..HIGH", help="length of the JPEG in kB, instead of the rule's")
    parser.add_argument(
        "--check", action="store_true", help="also a report, DIR/NAME.check.json and .txt, and a picture with its lines"
    )
    parser.add_argument("--sheet", metavar="PAPER", help=f"also DIR/NAME.sheet.pdf, on {', '.join(PAPERS)} or WIDTHxHEIGHTmm")
    parser.add_argument("--sheet-format", choices=("pdf", "jpeg"), default="pdf", help="of the sheet (pdf)")
    parser.add_argument("--copies", type=int, metavar="N", help="of each picture on the sheet (as many as fit)")
    parser.add_argument("--border", type=float, default=3.0, metavar="MM", help="what the printer cannot reach (3)")
    parser.add_argument("--gap", type=float, default=2.0, metavar="MM", help="between two pictures on the sheet (2)")
    parser.add_argument("--exif", choices=EXIF, default="drop", help="keep: camera, date, artist, copyright; never the place")
    parser.add_argument("--engine", choices=engine_names(), default="auto", help="what runs the matting network (auto)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the service's, to share the engines that its board built")


def main(arguments: argparse.Namespace) -> int:
    """Make them; 0, or the exit code of the failures (of their common kind when they differ)."""
    if arguments.list:
        print(listing())
        return 0
    if not (arguments.photos and arguments.spec and arguments.out):
        raise SettingsError("id-photo takes photos, --spec NAME and --out DIR; --list shows the rules")
    budget = this_machine()
    cv2.setNumThreads(1)
    job = _job(arguments, Limits(pixels=budget.pixels))
    config = load_config(arguments.config, on_disk=False)  # only its engine counts here
    work = work_for(replace(config, engine=arguments.engine), budget)
    try:
        return _make_each(arguments, job, work, budget)
    finally:
        work.close()


def _job(arguments: argparse.Namespace, limits: Limits) -> Job:
    """Everything that is wrong with the arguments is found here, before any photo.

    Raises:
        SettingsError: no such rule, paper or colour, or a number out of range.
    """
    background = None if arguments.background is None else parse_background(arguments.background)
    keep = isinstance(background, Keep)
    colour = background if isinstance(background, Colour) else None
    if background is not None and not keep and colour is None:
        raise SettingsError("--background of an ID photo is a colour such as #FFFFFF, or keep")
    if arguments.dpi is not None and not 72 <= arguments.dpi <= 1200:
        raise SettingsError("--dpi is from 72 to 1200")
    if not (0 <= arguments.border <= 30 and 0 <= arguments.gap <= 50) or (arguments.copies or 1) < 1:
        raise SettingsError("--border is from 0 to 30 mm, --gap from 0 to 50 mm, --copies 1 or more")
    rules = [find_specification(name) for name in dict.fromkeys(arguments.spec)]
    wishes = tuple(Wish(rule, shipped_faces, colour, keep, arguments.dpi, arguments.kb) for rule in rules)
    sheet = None
    if arguments.sheet is not None:
        paper = parse_paper(arguments.sheet, border=arguments.border, gap=arguments.gap)
        sheet = Print(paper, arguments.copies, arguments.dpi or _DPI, arguments.sheet_format == "jpeg")
        check_room(Beside(sheet=sheet), limits.pixels)
    settings = settings_from("id-photo", format=JPEG, id_photos=wishes, keep_exif=arguments.exif == "keep", limits=limits)
    return Job(settings, arguments.check, sheet)


def _make_each(arguments: argparse.Namespace, job: Job, work: PixelWork, budget: Budget) -> int:
    found, _ = find(arguments.photos, arguments.out)
    if not found:
        print("edge-matting: no photos found", file=sys.stderr)
    failures: list[MattingError] = []
    failed = 0
    show = len(found) > 1 and sys.stderr.isatty()
    with tqdm(total=len(found), unit="photo", disable=not show) as bar:
        for task in tasks(found, arguments.out, JPEG.suffix, mask=False):
            try:
                with on_cores(budget.threads):  # one photo at a time
                    told = make_all(task, job, work)
                if told.words:
                    bar.write(told.words, file=sys.stdout)
                failed += bool(told.failures)
                for rule, failure in told.failures:
                    failures.append(failure)
                    bar.write(f"{task.name}: {f'{rule}: ' if len(arguments.spec) > 1 else ''}{failure}", file=sys.stderr)
            except MattingError as error:
                failures.append(error)
                failed += 1
                bar.write(f"{task.name}: {error}", file=sys.stderr)
            bar.update()
    if len(found) > 1:
        print(f"{len(found)} photos: {len(found) - failed} made, {failed} failed", file=sys.stderr)
    return exit_code(failures)


def _range(text: str) -> Range:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)", text)
    if found is None or not 0 <= float(found[1]) < float(found[2]):
        raise argparse.ArgumentTypeError(f"{text} is no range such as 40..100")
    return Range(float(found[1]), float(found[2]))
