"""`edge-matting cut`: photos and folders of photos -> cut-outs in a folder, in this process."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import cv2
from tqdm import tqdm

from edge.board.budget import Budget, this_machine
from edge.config.load import load_config
from edge.config.options import NAMES, Options
from edge.config.settings import settings_for
from edge.engine.open_work import work_for
from edge.fs.files import file_id, make_folders, write_atomic
from edge.fs.names import fitted, is_ignored, printable
from edge.intake.open_input import open_input
from matting.backgrounds.registry import background_words
from matting.decode import decode
from matting.engines.registry import engine_names
from matting.errors import MattingError, OutputError, PhotoError, PhotoTooLarge, RefusedFile, SettingsError, UnreadablePhoto
from matting.formats.registry import find_format, format_names
from matting.photo import U8, Limits
from matting.pipeline import cut
from matting.pixel_work import PixelWork
from matting.presets import PRESETS
from matting.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    out = "for the cut-outs: DIR/NAME.png for NAME.jpg; replaces those of an earlier run, never a photo of this one"
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help=out)
    parser.add_argument("--background", metavar="none|#RRGGBB|FILE|blur", help="what stands behind the person (none)")
    parser.add_argument("--format", type=_format, choices=format_names(), help="png unless the preset says otherwise")
    parser.add_argument("--mask", action="store_true", help="also DIR/NAME.alpha.png, the alpha in 8-bit grey at full size")
    parser.add_argument("--preset", choices=tuple(PRESETS), help="threshold, erosion, feather, background, format in one")
    parser.add_argument("--alpha-threshold", type=int, metavar="0..50", help="alpha up to this 8-bit level becomes 0 (0)")
    parser.add_argument("--erode", type=int, metavar="0..5", help="pixels taken off the edge (0)")
    parser.add_argument("--feather", type=float, metavar="PX", help="pixels over which the edge is softened (0)")
    parser.add_argument("--crop", type=float, metavar="MARGIN", help="crop to the subject, with this margin: 0.05 is 5 %%")
    parser.add_argument("--engine", choices=engine_names(), default="auto", help="what runs the network (auto)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the service's, to share the engines that its board built")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a folder with a model.toml; the one that ships otherwise")


@dataclass(frozen=True, slots=True)
class _Task:
    """root/path is the photo; target is its output less the suffix, which depends on the format."""

    root: Path
    path: PurePosixPath
    folder: Path
    stem: str


@dataclass(slots=True)
class _Names:
    """Targets given out in this run: a.jpg and a.webp must not overwrite each other, nor anything a photo.

    suffixes: of the outputs of one photo. photos: device and inode of each photo of this run.
    """

    suffixes: tuple[str, ...]
    photos: set[tuple[int, int] | None]
    taken: set[Path] = field(default_factory=set)

    def claim(self, source: Path, folder: Path, stem: str) -> str:
        """The stem, or the first free one of stem-2, stem-3 ...: in the photo's own folder no file is replaced at all."""
        at_home = file_id(source.parent) == file_id(folder)
        for number in itertools.count(1):
            name = stem if number == 1 else f"{stem}-{number}"
            ids = [file_id(folder / fitted(name, suffix)) for suffix in self.suffixes]
            there = [place for place in ids if place is not None]
            if folder / name not in self.taken and not (there if at_home else self.photos.intersection(there)):
                self.taken.add(folder / name)
                return name
        raise AssertionError("unreachable")


def main(arguments: argparse.Namespace) -> int:
    """Cut every photo; 0, or the exit code of the failures (of their common kind when they differ)."""
    budget = this_machine()
    limits = Limits(pixels=budget.pixels)
    cv2.setNumThreads(1)
    options = Options(**{name: getattr(arguments, name) for name in NAMES if hasattr(arguments, name)})
    settings = settings_for(options, lambda: _background_image(options.background_file, limits), limits)
    config = load_config(arguments.config)
    work = work_for(replace(config, engine=arguments.engine, model=arguments.model or config.model), budget)
    try:
        failures = _cut_all(arguments.photos, arguments.out, settings, work, budget)
    finally:
        work.close()
    return exit_code(failures)


def exit_code(failures: list[MattingError]) -> int:
    """0 for none, the class's code when all failed alike, else that of photo errors in general."""
    codes = {failure.exit_code for failure in failures}
    if not codes:
        return 0
    return codes.pop() if len(codes) == 1 else PhotoError.exit_code


def _format(text: str) -> str:
    """The format's own name for an alias or capitals. What is none is left for argparse to refuse, with its choices."""
    try:
        return find_format(text).name
    except SettingsError:
        return text


def _background_image(name: str | None, limits: Limits) -> U8:
    """The background from a file: HxWx3 uint8, sRGB."""
    try:
        return decode(Path(str(name)).read_bytes(), limits, to_srgb=True).rgb
    except OSError as error:
        message = f"--background: {name} cannot be read ({error.strerror}): give {background_words()}"
        raise SettingsError(message) from error
    except PhotoError as error:
        raise SettingsError(f"--background {name}: {error}") from error


def _cut_all(photos: list[Path], out: Path, settings: Settings, work: PixelWork, budget: Budget) -> list[MattingError]:
    tasks = list(_tasks(photos, out, settings))
    if not tasks:
        print("edge-matting: no photos found", file=sys.stderr)
    failures: list[MattingError] = []
    show = len(tasks) > 1 and sys.stderr.isatty()
    with ThreadPoolExecutor(budget.in_flight) as pool, tqdm(total=len(tasks), unit="photo", disable=not show) as bar:
        jobs = ((task, pool.submit(_cut_one, task, settings, work)) for task in tasks)
        for task, future in _as_completed(jobs, budget.in_flight + 1):
            try:
                bar.write(future.result(), file=sys.stdout)
            except MattingError as error:
                failures.append(error)
                bar.write(f"{printable(str(task.root / task.path))}: {error}", file=sys.stderr)
            bar.update()
    return failures


def _as_completed(jobs: Iterator[tuple[_Task, Future[str]]], most: int) -> Iterator[tuple[_Task, Future[str]]]:
    """Submit at most `most` at a time, so that memory does not grow with the number of photos."""
    running = {future: task for task, future in itertools.islice(jobs, most)}
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            yield running.pop(future), future
            for task, following in itertools.islice(jobs, 1):
                running[following] = task


def _cut_one(task: _Task, settings: Settings, work: PixelWork) -> str:
    """Cut one photo and write its files; the line to print."""
    started = time.perf_counter()
    result = cut(_read(task, settings.limits.bytes), settings, work)
    target = task.folder / fitted(task.stem, result.suffix)
    try:
        make_folders(task.folder)
        write_atomic(target, result.output)
        if result.mask is not None:
            write_atomic(task.folder / fitted(task.stem, ".alpha.png"), result.mask)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    return f"{printable(str(target))}  {time.perf_counter() - started:.2f} s"


def _read(task: _Task, limit: int) -> bytes:
    try:
        with os.fdopen(open_input(task.root, task.path), "rb") as reader:
            size = os.fstat(reader.fileno()).st_size
            if size > limit:
                raise PhotoTooLarge(f"the file has {size >> 20} MB, more than the {limit >> 20} MB that this machine takes")
            return reader.read()
    except FileNotFoundError as error:
        raise UnreadablePhoto("no such file") from error
    except OSError as error:
        raise RefusedFile(f"cannot be read: {error.strerror}") from error


def _tasks(photos: Iterable[Path], out: Path, settings: Settings) -> Iterator[_Task]:
    found = [pair for photo in photos for pair in _expand(photo)]
    suffix = settings.format.suffix
    suffixes = (suffix, ".alpha.png") if settings.mask else (suffix,)
    names = _Names(suffixes, {file_id(root / path) for root, path in found})
    for root, path in found:
        folder = out.joinpath(*path.parts[:-1])
        yield _Task(root, path, folder, names.claim(root / path, folder, path.stem))


def _expand(photo: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """A photo is itself, a folder all photos below it in order; names that hot folders ignore are left out."""
    if not photo.is_dir():
        yield photo.parent, PurePosixPath(photo.name)
        return
    for folder, folders, names in os.walk(photo):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        for name in sorted(names):
            if not is_ignored(name):
                yield photo, PurePosixPath(os.path.relpath(Path(folder, name), photo))
