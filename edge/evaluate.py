"""`edge-matting evaluate`: the mattes of the whole path against true ones.

Exit code: 0 when at least one photo was compared (skipped ones are listed), 1 when none was; an error of the model or engine
ends the run with its own code.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from edge.board import this_machine
from edge.config import ENGINES
from matting.engines.base import Engine
from matting.engines.select import open_engine
from matting.errors import NoPersonFound, PhotoError
from matting.model import ModelSpec, default_model_dir, load_model
from matting.photo import F32, Settings
from matting.pipeline import cut
from matting.quality import Quality, compare, mean

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")
WORST_SHOWN = 5
COLUMNS = ("mad", "mse", "edge_mad", "grad", "conn", "sad", "iou", "psnr")


@dataclass(frozen=True, slots=True)
class Compared:
    """One photo's measures. no_person: the presence verdict was "nobody", so its alpha counts as 0 everywhere."""

    name: str
    quality: Quality
    no_person: bool


@dataclass(frozen=True, slots=True)
class Skipped:
    """A photo that could not be compared, and why."""

    name: str
    reason: str


def evaluate(photos: Iterable[Path], alphas: Path, engine: Engine, model: ModelSpec) -> Iterator[Compared | Skipped]:
    """Compare each photo's matte with `alphas`/<stem>.png, one result a photo, in their order.

    Raises:
        EngineError, ModelError: not the photo's fault, so no result would follow.
    """
    for photo in photos:
        true = read_alpha(alphas / f"{photo.stem}.png")
        yield Skipped(photo.name, true) if isinstance(true, str) else _compared(photo, true, engine, model)


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


def worst_decile(compared: Sequence[Compared]) -> list[Compared]:
    """The tenth of the photos, at least one, with the largest MAD; the worst first."""
    return sorted(compared, key=lambda one: -one.quality.mad)[: max(1, len(compared) // 10)]


def _compared(photo: Path, true: F32, engine: Engine, model: ModelSpec) -> Compared | Skipped:
    try:
        mask = cut(photo.read_bytes(), Settings(mask=True), engine, model).mask
    except NoPersonFound:
        return Compared(photo.name, compare(np.zeros_like(true), true), no_person=True)
    except PhotoError as error:
        return Skipped(photo.name, str(error))
    except OSError as error:
        return Skipped(photo.name, f"cannot be read: {error.strerror}")
    assert mask is not None  # asked for in the settings
    predicted = np.asarray(Image.open(io.BytesIO(mask)), np.float32) / np.float32(255)
    if predicted.shape != true.shape:
        return Skipped(photo.name, f"its true alpha is {_size(true)} instead of {_size(predicted)}")
    return Compared(photo.name, compare(predicted, true), no_person=False)


def _size(alpha: F32) -> str:
    return f"{alpha.shape[1]}x{alpha.shape[0]}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `edge-matting evaluate`."""
    parser.add_argument("images", type=Path, help="folder of photos")
    parser.add_argument("alphas", type=Path, help="folder of true mattes, <stem>.png each: grey or RGBA, 8 or 16 bit")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--verbose", action="store_true", help=f"list every photo instead of the worst {WORST_SHOWN}")
    parser.add_argument("--engine", choices=ENGINES, default="auto")
    parser.add_argument("--model", type=Path, default=default_model_dir(), metavar="DIR", help="folder with a model.toml")


def main(args: argparse.Namespace) -> int:
    """Run the command; errors of the model or engine are the caller's to print."""
    photos = _photos(args.images) if args.images.is_dir() else []
    if not photos:
        print(f"{args.images} holds no photos", file=sys.stderr)
        return 1
    model = load_model(args.model)
    engine = open_engine(args.engine, model, this_machine().threads)
    try:
        progress = tqdm(photos, unit="photo", file=sys.stderr, disable=not sys.stderr.isatty())
        results = list(evaluate(progress, args.alphas, engine, model))
    finally:
        engine.close()
    compared = [result for result in results if isinstance(result, Compared)]
    skipped = [result for result in results if isinstance(result, Skipped)]
    print(as_json(compared, skipped, engine.name) if args.json else as_table(compared, skipped, engine.name, args.verbose))
    return 0 if compared else 1


def _photos(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)


def as_json(compared: Sequence[Compared], skipped: Sequence[Skipped], engine: str) -> str:
    """The results as JSON; measures that are not finite (PSNR of equal mattes, no unknown band) are null."""
    report = {
        "engine": engine,
        "mean": _finite(mean([one.quality for one in compared])) if compared else None,
        "worst_decile": _finite(mean([one.quality for one in worst_decile(compared)])) if compared else None,
        "photos": [{"name": one.name, "no_person": one.no_person, **_finite(one.quality)} for one in compared],
        "skipped": [asdict(one) for one in skipped],
    }
    return json.dumps(report, indent=2)


def _finite(quality: Quality) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in asdict(quality).items()}


def as_table(compared: Sequence[Compared], skipped: Sequence[Skipped], engine: str, verbose: bool) -> str:
    """The results for people; MAD and MSE x1e3, Grad, Conn and SAD /1e3, edge = MAD in the unknown band, PSNR in dB."""
    lines = [f"engine: {engine}"] + [f"skipped {one.name}: {one.reason}" for one in skipped]
    if not compared:
        return "\n".join([*lines, "nothing could be compared"])
    shown = sorted(compared, key=lambda one: -one.quality.mad)[: None if verbose else WORST_SHOWN]
    lines.append(f"{'photo':32s}" + "".join(f"{name.replace('edge_mad', 'edge'):>9s}" for name in COLUMNS))
    lines += [_row(one.name, one.quality) + "  no person found" * one.no_person for one in shown]
    tenth = worst_decile(compared)
    lines.append(_row(f"worst decile ({len(tenth)})", mean([one.quality for one in tenth])))
    lines.append(_row(f"mean ({len(compared)})", mean([one.quality for one in compared])))
    return "\n".join(lines)


def _row(name: str, quality: Quality) -> str:
    return f"{name[:32]:32s}" + "".join(f"{getattr(quality, column):9.3f}" for column in COLUMNS)
