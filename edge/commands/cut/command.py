"""What is asked for on the command line, and the exit code."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from edge.board.budget import Budget, this_machine
from edge.commands.cut.tasks import find, tasks
from edge.commands.cut.work import cut_all
from edge.commands.exit_code import exit_code
from edge.config.load import load_config
from edge.config.options import AVATARS, NAMES, Options
from edge.config.schema import PROFILE_KEYS
from edge.config.settings import settings_for
from edge.engine.open_work import work_for
from edge.fs.names import printable
from matting.backgrounds.registry import background_words
from matting.decode import decode
from matting.engines.registry import engine_names
from matting.errors import PhotoError, SettingsError
from matting.formats.registry import find_format, format_names
from matting.photo import U8, Limits
from matting.pixel_work import PixelWork
from matting.presets import PRESETS
from matting.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    photos = "photos, and folders with all photos below them but those that lie below --out"
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER", help=photos)
    out = "for the cut-outs: DIR/NAME.png for NAME.jpg; replaces those of an earlier run, never a photo of this one"
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help=out)
    parser.add_argument("--background", metavar="none|#RRGGBB|FILE|blur", help="what stands behind the person (none)")
    parser.add_argument("--format", type=_format, choices=format_names(), help="png unless the preset says otherwise")
    parser.add_argument("--mask", action="store_true", help="also DIR/NAME.alpha.png, the alpha in 8-bit grey at full size")
    parser.add_argument("--preset", choices=tuple(PRESETS), help="threshold, erosion, feather, background, format in one")
    parser.add_argument("--alpha-threshold", type=int, metavar="0..50", help="alpha up to this 8-bit level becomes 0 (0)")
    parser.add_argument("--erode", type=int, metavar="0..5", help="pixels taken off the edge (0)")
    parser.add_argument("--feather", type=float, metavar="PX", help="pixels over which the edge is softened (0)")
    parser.add_argument("--crop", type=_margin, metavar="MARGIN", help="crop to the subject, with this margin: 0.05 is 5 %%")
    parser.add_argument("--avatar", choices=AVATARS, help="a square or a circle about the head, by the face")
    parser.add_argument("--canvas", type=_read("canvas"), metavar="WxH", help="the picture's size in pixels")
    parser.add_argument("--subject", type=_read("subject"), metavar="0.1..1", help="share that the person fills")
    parser.add_argument("--shadow", type=_read("shadow"), metavar="0..1", help="of a shadow on the ground (0)")
    parser.add_argument("--engine", choices=engine_names(), default="auto", help="what runs the network (auto)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the service's, to share the engines that its board built")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a folder with a model.toml; the one that ships otherwise")


def main(arguments: argparse.Namespace) -> int:
    """Cut every photo; 0, or the exit code of the failures (of their common kind when they differ), or 130 after Ctrl-C."""
    budget = this_machine()
    limits = Limits(pixels=budget.pixels)
    cv2.setNumThreads(1)
    options = Options(**{name: getattr(arguments, name) for name in NAMES if hasattr(arguments, name)})
    settings = settings_for(options, lambda: _background_image(options.background_file, limits), limits)
    config = load_config(arguments.config, on_disk=False)  # only its engine counts here
    work = work_for(replace(config, engine=arguments.engine, model=arguments.model or config.model), budget)
    try:
        return _cut_all(arguments.photos, arguments.out, settings, work, budget)
    finally:
        work.close()


def _cut_all(given: list[Path], out: Path, settings: Settings, work: PixelWork, budget: Budget) -> int:
    """Cut them, and tell of several what became of them in all."""
    found, left_out = find(given, out)
    tally = cut_all(
        tasks(found, out, settings.format.suffix, mask=settings.mask), settings, work, budget.in_flight, budget.threads
    )
    cancelled = tally.done < tally.total
    if not found:
        print("edge-matting: no photos found", file=sys.stderr)
    if len(found) > 1 or left_out or cancelled:
        print(tally.summary(f"{printable(str(out))}/", left_out=left_out, cancelled=cancelled), file=sys.stderr)
    return 130 if cancelled else exit_code(tally.failures)


def _margin(text: str) -> float:
    """As the configuration takes it."""
    try:
        margin = float(text)
    except ValueError:
        margin = math.nan
    if not 0 <= margin <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no margin from 0 to 1: 0.05 is 5 % of the person's larger side")
    return margin


def _read(name: str) -> Callable[[str], Any]:
    """As the configuration takes that key."""
    key = PROFILE_KEYS[name]

    def read(text: str) -> Any:
        try:
            return key.read(text if name == "canvas" else float(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text} is not {key.expected}") from None

    return read


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
