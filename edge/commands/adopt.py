"""`edge-matting adopt`: somebody's ONNX becomes a model folder, tried on a photo before anybody relies on it."""

from __future__ import annotations

import argparse
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from edge.board.budget import this_machine
from edge.fs.files import write_atomic
from matting.cpu_work import open_cpu_work
from matting.describe import model_file, write_description
from matting.engines.onnx_cpu import Tensors, tensors
from matting.errors import ModelError, OutputError, SettingsError
from matting.model import InputSpec, ModelSpec, PresenceSpec, default_model_dir, load_model
from matting.photo import F32
from matting.pipeline import cut
from matting.settings import Settings

# The trial photo shows a person on about half of it. A matte outside of these shares was made of the wrong numbers.
_LEAST, _MOST = 0.2, 0.8


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the operator said of the network, and what no file tells."""

    name: str
    size: int | None
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: str
    output: str | None
    licence: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("onnx", type=Path, help="a network: one RGB input of fixed size, one alpha output")
    parser.add_argument("folder", type=Path, help="the model folder to make, for engine.model or --model")
    parser.add_argument("--name", help="for people (the file's)")
    parser.add_argument("--size", type=int, metavar="PX", help="side of the input, where the file leaves it open (512)")
    parser.add_argument("--mean", type=float, nargs="+", default=[127.5], metavar="N", help="1 or 3 numbers of 0..255 (127.5)")
    parser.add_argument("--std", type=float, nargs="+", default=[127.5], metavar="N", help="1 or 3 numbers of 0..255 (127.5)")
    parser.add_argument("--fit", choices=("stretch", "letterbox"), default="stretch", help="how a photo fills it (stretch)")
    parser.add_argument("--output", metavar="NAME", help="the alpha among several outputs (the first)")
    parser.add_argument("--licence", default="unknown", help="for the record (unknown)")


def main(arguments: argparse.Namespace) -> int:
    """Write the folder, cut the trial photo with it, and say what came out. Returns 1 when the matte cannot be right."""
    answers = _Answers(
        arguments.name or arguments.onnx.stem,
        arguments.size,
        _triple("--mean", arguments.mean),
        _triple("--std", arguments.std),
        arguments.fit,
        arguments.output,
        arguments.licence,
    )
    adopt(arguments.onnx, arguments.folder, answers)
    coverage, seen = _trial(arguments.folder)
    print(f"{arguments.folder}: the person covers {coverage:.0%} of the trial photo; look at {seen}")
    if _LEAST <= coverage <= _MOST:
        print(f'Use it with --model {arguments.folder}, or model = "{arguments.folder.resolve()}" under [engine].')
        return 0
    print(
        f"It should be about half of it: look whether --mean {answers.mean} and --std {answers.std} are those of its training."
    )
    return 1


def adopt(onnx: Path, folder: Path, answers: _Answers) -> None:
    """Copy the network and describe it in `folder`/model.toml.

    Raises:
        ModelError: no ONNX, or not one RGB input and a matte.
        OutputError: the folder cannot be written.
    """
    found = tensors(onnx)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / onnx.name
        if not (copy.exists() and copy.samefile(onnx)):
            shutil.copyfile(onnx, copy)
        write_description(folder, _spec(found, copy, answers))
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error


def _spec(found: Tensors, file: Path, answers: _Answers) -> ModelSpec:
    output = answers.output or found.outputs[0]
    if output not in found.outputs:
        raise ModelError(f"{file.name} has no output {output}, only {', '.join(found.outputs)}")
    return ModelSpec(
        name=answers.name,
        version="adopted",
        licence=answers.licence,
        input=_input(found, file, answers),
        output=output,
        presence=PresenceSpec(0.0, 0.0),
        files={"onnx": model_file(file)},
    )


def _input(found: Tensors, file: Path, answers: _Answers) -> InputSpec:
    channels = [axis for axis, length in enumerate(found.shape) if length == 3]
    if len(found.shape) != 4 or channels not in ([1], [3]):
        raise ModelError(f"{file.name}: its input is {list(found.shape)}, not one RGB picture (1x3xHxW or 1xHxWx3)")
    layout = "NCHW" if channels == [1] else "NHWC"
    height, width = (found.shape[axis] for axis in ((2, 3) if layout == "NCHW" else (1, 2)))
    wanted = answers.size or 512
    for length in (height, width):
        if answers.size and length and length != answers.size:
            raise SettingsError(f"{file.name} takes {height}x{width} pixels: leave --size away")
    fit = "letterbox" if answers.fit == "letterbox" else "stretch"
    return InputSpec(found.input, height or wanted, width or wanted, layout, answers.mean, answers.std, fit)  # type: ignore[arg-type]


def _triple(option: str, numbers: list[float]) -> tuple[float, float, float]:
    if len(numbers) not in (1, 3) or (option == "--std" and 0 in numbers):
        raise SettingsError(f"{option} takes one number or three, on the scale of 0 to 255")
    red, green, blue = numbers * (3 // len(numbers))
    return red, green, blue


def _trial(folder: Path) -> tuple[float, Path]:
    """The share of the trial photo that the model takes for a person, and its matte as a picture."""
    model = load_model(folder)
    photo = (default_model_dir() / "trial" / "astronaut.jpg").read_bytes()
    work = open_cpu_work("cpu", model, this_machine().threads)
    try:
        mask = cut(photo, Settings(mask=True), work).mask
    finally:
        work.close()
    assert mask is not None  # asked for in the settings
    seen = folder / "trial.png"
    write_atomic(seen, mask)
    alpha: F32 = np.asarray(Image.open(io.BytesIO(mask)), np.float32) / np.float32(255)
    return float(alpha.mean()), seen
