"""`edge-matting evaluate`: mattes of the whole path against true ones; several models, and other software, side by side.

Exit code: 0 when at least one photo was compared (skipped ones are listed), 1 when none was, 2 where a folder is not there; an
error of the model or engine ends the run with its own code.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from edge.board.budget import this_machine
from edge.commands.evaluate.report import WORST_SHOWN, Compared, Report, Skipped, as_numbers, as_table, report, side_by_side
from matting.cpu_work import open_cpu_work
from matting.engines.registry import engine_names
from matting.errors import NoPersonFound, PhotoError, SettingsError
from matting.model import default_model_dir, load_model
from matting.photo import F32
from matting.pipeline import cut
from matting.pixel_work import PixelWork
from matting.quality import compare
from matting.settings import Settings

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")


def evaluate(photos: Iterable[Path], alphas: Path, work: PixelWork) -> Iterator[Compared | Skipped]:
    """Compare each photo's matte with `alphas`/<stem>.png, one result a photo, in their order.

    Raises:
        EngineError, ModelError: not the photo's fault, so no result would follow.
    """
    for photo in photos:
        true = read_alpha(alphas / f"{photo.stem}.png")
        yield Skipped(photo.name, true) if isinstance(true, str) else _compared(photo, true, work)


def read_alpha(path: Path) -> F32 | str:
    """A true matte as HxW float32 in 0..1, from grey or by the alpha of RGBA, 8 or 16 bit; else why there is none."""
    if not path.is_file():
        return f"no true alpha {path.name}"
    stored = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED) if path.stat().st_size else None
    if stored is None or stored.dtype not in (np.uint8, np.uint16):
        return f"{path.name} is no 8 or 16 bit PNG"
    if stored.ndim == 3:
        stored = stored[..., 3] if stored.shape[2] == 4 else stored[..., 0]
    scale = np.float32(255 if stored.dtype == np.uint8 else 65535)
    return np.asarray(stored.astype(np.float32) / scale)


def evaluate_mattes(photos: Iterable[Path], alphas: Path, mattes: Path) -> Iterator[Compared | Skipped]:
    """The same for mattes that other software left as `mattes`/<stem>.png, in the size of the photo."""
    for photo in photos:
        true, theirs = read_alpha(alphas / f"{photo.stem}.png"), read_alpha(mattes / f"{photo.stem}.png")
        if isinstance(true, str) or isinstance(theirs, str):
            yield Skipped(photo.name, next(reason for reason in (true, theirs) if isinstance(reason, str)))
        else:
            yield _measured(photo.name, theirs, true)


def _compared(photo: Path, true: F32, work: PixelWork) -> Compared | Skipped:
    try:
        mask = cut(photo.read_bytes(), Settings(mask=True), work).mask
    except NoPersonFound:
        return Compared(photo.name, compare(np.zeros_like(true), true), no_person=True)
    except PhotoError as error:
        return Skipped(photo.name, str(error))
    except OSError as error:
        return Skipped(photo.name, f"cannot be read: {error.strerror}")
    assert mask is not None  # asked for in the settings
    return _measured(photo.name, np.asarray(Image.open(io.BytesIO(mask)), np.float32) / np.float32(255), true)


def _measured(name: str, predicted: F32, true: F32) -> Compared | Skipped:
    if predicted.shape != true.shape:
        return Skipped(name, f"its true alpha is {_size(true)} instead of {_size(predicted)}")
    return Compared(name, compare(predicted, true), no_person=False)


def _size(alpha: F32) -> str:
    return f"{alpha.shape[1]}x{alpha.shape[0]}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `edge-matting evaluate`."""
    parser.add_argument("images", type=Path, help="folder of photos")
    parser.add_argument("alphas", type=Path, help="folder of true mattes, <stem>.png each: grey or RGBA, 8 or 16 bit")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--verbose", action="store_true", help=f"list every photo instead of the worst {WORST_SHOWN}")
    parser.add_argument("--engine", choices=engine_names(), default="auto")
    parser.add_argument(
        "--model", type=Path, nargs="+", default=[default_model_dir()], metavar="DIR", help="folders with a model.toml"
    )
    parser.add_argument(
        "--mattes",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="other software's mattes, <stem>.png each",
    )


def main(args: argparse.Namespace) -> int:
    """Run the command; errors of the model or engine are the caller's to print.

    Raises:
        SettingsError: a folder is not there.
    """
    for folder in (args.images, args.alphas, *args.mattes):
        if not folder.is_dir():
            raise SettingsError(f"{folder} is {'no folder' if folder.exists() else 'not there'}: name a folder of pictures")
    photos = _photos(args.images)
    if not photos:
        print(f"{args.images} holds no photos", file=sys.stderr)
        return 1
    reports = [_of_model(photos, args.alphas, folder, args.engine) for folder in args.model]
    reports += [report(folder.name, evaluate_mattes(photos, args.alphas, folder)) for folder in args.mattes]
    if args.json:
        numbers = [as_numbers(one) for one in reports]
        print(json.dumps(numbers if len(numbers) > 1 else numbers[0], indent=2))
    else:
        print("\n\n".join(as_table(one, args.verbose) for one in reports))
        if len(reports) > 1:
            print("\n" + side_by_side(reports))
    return 0 if all(one.compared for one in reports) else 1


def _of_model(photos: Sequence[Path], alphas: Path, folder: Path, kind: str) -> Report:
    model = load_model(folder)
    work = open_cpu_work(kind, model, this_machine().threads)
    try:
        progress = tqdm(photos, model.name, unit="photo", file=sys.stderr, disable=not sys.stderr.isatty())
        return report(work.name, evaluate(progress, alphas, work))
    finally:
        work.close()


def _photos(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
