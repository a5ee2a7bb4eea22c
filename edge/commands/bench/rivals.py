"""Side by side with what users would pick instead: the same photo, the same run, turn by turn."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.commands.bench.child import Child
from edge.commands.bench.stages import Product, Spread, Tick, spread
from matting.errors import EngineError, ModelError

Answer = dict[str, Any]

OURS = "edge-matting"
ISNET_FILE = "isnet-general-use.onnx"
MODNET_FILE = "modnet.onnx"
SCRIPT = Path(__file__).parent / "rival.py"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to cut a photo, started on demand."""

    name: str
    start: Callable[[], Child]


@dataclass(frozen=True, slots=True)
class RivalResult:
    """One contender at one size. time: bytes in to PNG bytes out, warm; peak_mb: largest resident size; bytes: of its
    PNG; ours_to_this: our median time divided by its."""

    name: str
    version: str
    size: str
    photos: int
    load_ms: float
    time: Spread
    peak_mb: float
    bytes: int
    ours_to_this: float


def find(
    product: Product, python: Path | None, isnet: Path | None, modnet: Path | None, scratch: Path
) -> tuple[tuple[Contender, ...], list[str]]:
    """Look for rembg in `python` (default: the running one) and for the model files (default: where rembg keeps its own).

    Returns the contenders that can run here, ours first, and one sentence for each that cannot.

    Raises:
        ModelError: a file named by the operator does not exist.
    """
    contenders, missing = [Contender(OURS, product.child)], []
    isnet, modnet = _model(isnet, ISNET_FILE), _model(modnet, MODNET_FILE)
    rival_python = python or Path(sys.executable)
    if isnet is None:
        missing.append(f"rembg: {ISNET_FILE} is not here, name it with --isnet")
    elif _has_rembg(rival_python):
        contenders.append(_rival("rembg", "rembg", rival_python, _rembg_home(isnet, scratch)))
    else:
        contenders.append(_rival("rembg's path with IS-Net", "isnet", Path(sys.executable), isnet))
    if modnet is None:
        missing.append(f"Pillow + MODNet: {MODNET_FILE} is not here, name it with --modnet")
    else:
        contenders.append(_rival("Pillow + MODNet", "modnet", Path(sys.executable), modnet))
    return tuple(contenders), missing


def compare(
    contenders: Sequence[Contender], photo: Path, label: str, photos: int, tick: Tick
) -> tuple[list[RivalResult], list[str]]:
    """Time the contenders on `photo`, taking turns `photos` times, so that a busy minute costs all of them alike.

    Returns the results, and a sentence for each rival that could not be started or did not last.

    Raises:
        EngineError: our own process ended early.
    """
    failed: list[str] = []
    with ExitStack() as stack:
        running: dict[str, Child] = {}
        for each in contenders:
            with _excused(each.name, failed):
                running[each.name] = stack.enter_context(each.start())
        answers: dict[str, list[Answer]] = {name: [] for name in running}
        for _ in range(photos + 1):
            _turn(running, answers, photo, failed)
            tick()
    ours = spread([answer["ms"] for answer in answers[OURS][1:]])
    return [_result(name, child, answers[name], label, ours) for name, child in running.items()], failed


def _turn(running: dict[str, Child], answers: dict[str, list[Answer]], photo: Path, failed: list[str]) -> None:
    """One photo each; who fails is out."""
    for name, child in list(running.items()):
        out = running.pop(name)
        with _excused(name, failed):
            answers[name].append(child.ask(str(photo)))
            running[name] = out


@contextmanager
def _excused(name: str, failed: list[str]) -> Iterator[None]:
    """A rival's failure becomes a line of the report; our own is raised."""
    try:
        yield
    except EngineError as error:
        if name == OURS:
            raise
        failed.append(f"{name}: {error}")


def _result(name: str, child: Child, answers: list[Answer], label: str, ours: Spread) -> RivalResult:
    """Its figures without the first photo, which warms it up."""
    time = spread([answer["ms"] for answer in answers[1:]])
    return RivalResult(
        name=name,
        version=child.loaded["version"],
        size=label,
        photos=len(answers) - 1,
        load_ms=child.loaded["load_ms"],
        time=time,
        peak_mb=answers[-1]["peak_mb"],
        bytes=answers[-1]["bytes"],
        ours_to_this=ours.median / time.median,
    )


def _rival(name: str, kind: str, python: Path, file: Path) -> Contender:
    # -I: neither this product's packages nor the folder of the script may stand in for the rival's own.
    command = [str(python), "-I", str(SCRIPT), kind, str(file)]
    # Read by rembg alone: where its model lies, and that a file found there is taken as it is.
    environment = {**os.environ, "U2NET_HOME": str(file.parent), "MODEL_CHECKSUM_DISABLED": "1"}
    return Contender(name, lambda: Child(command, environment))


def _model(given: Path | None, name: str) -> Path | None:
    if given is not None:
        if not given.is_file():
            raise ModelError(f"{given} does not exist: give the ONNX file")
        return given.resolve()
    homes = (Path("~/.u2net"), Path("~/.rembg/models") / Path(name).stem)
    return next((found for home in homes if (found := home.expanduser() / name).is_file()), None)


def _rembg_home(isnet: Path, scratch: Path) -> Path:
    """A folder in which rembg finds the file under its own name, so that it has nothing to download."""
    link = scratch / ISNET_FILE
    link.symlink_to(isnet)
    return link


def _has_rembg(python: Path) -> bool:
    test = "import importlib.util, sys; sys.exit(importlib.util.find_spec('rembg') is None)"
    try:
        return subprocess.run([python, "-I", "-c", test], check=False).returncode == 0
    except OSError as error:
        raise EngineError(f"{python} cannot be started ({error.strerror}): give a virtual environment's") from error
