"""One photo cut by NumPy and OpenCV alone on one core, by the compiled passes on one core, and by these on all cores: in turn,
in the same process, with the same engine.

    .venv/bin/python -m scripts.measure.cores [--rounds 15] [--cores 2] [--sides 1440 3464 4900]

The photo is the portrait of the tests, enlarged, with a sensor's noise. Prints medians and their quotients.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

import cv2
import numpy as np
from PIL import Image

from edge.commands.bench.machine import machine
from matting import native
from matting.bands import on_cores
from matting.cpu_work import CpuWork, open_cpu_work
from matting.model import default_model_dir, load_model
from matting.pipeline import cut
from matting.settings import Settings
from tests.edge.hot import portrait


def photo(side: int) -> bytes:
    """A square JPEG of `side` pixels."""
    with Image.open(io.BytesIO(portrait(512, 95))) as image:
        large = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC)).astype(np.float32)
    noisy = np.clip(large + np.random.default_rng(1).normal(0, 3, large.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


@contextmanager
def in_numpy() -> Iterator[None]:
    with mock.patch.object(native, "available", lambda: False):
        yield


def ways(cores: int) -> dict[str, AbstractContextManager[None]]:
    """What is compared, each to be entered once."""
    return {"NumPy, one core": in_numpy(), "compiled, one core": on_cores(1), f"compiled, {cores} cores": on_cores(cores)}


def measured(work: CpuWork, data: bytes, cores: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round, by way."""
    found: dict[str, list[float]] = {name: [] for name in ways(cores)}
    for number in range(rounds + 1):
        for name, way in ways(cores).items():
            with way:
                begun = time.perf_counter()
                cut(data, Settings(), work)
                if number:  # the first warms up
                    found[name].append((time.perf_counter() - begun) * 1e3)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sides", type=int, nargs="+", default=[1440, 3464, 4900])
    given = parser.parse_args()
    if not native.available():
        sys.exit("nothing was compiled here: pip install -e . does it, where there is a C compiler")
    cv2.setNumThreads(1)  # as the service does
    on = machine()
    print(f"{on.date}  {on.board or on.cpu}, {on.cores} cores; {given.rounds} rounds in turn, medians")
    work = open_cpu_work("cpu", load_model(default_model_dir()), given.cores)
    for side in given.sides:
        found = measured(work, photo(side), given.cores, given.rounds)
        first = statistics.median(next(iter(found.values())))
        for name, times in found.items():
            middle = statistics.median(times)
            print(f"{side * side / 1e6:5.1f} MP  {name:20s} {middle:6.0f} ms  {middle / first:.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
