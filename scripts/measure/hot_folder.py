"""What the hot folder costs beside the cutting: a photo from its rename into the inbox to its cut-out in the outbox, and the
photo through `matting.pipeline.cut` in a process of its own, in turn. Once on a tmpfs, whose fsync takes nothing, and once on
a disk: what that takes longer is its syncs.

.venv/bin/python -m scripts.measure.hot_folder [--turns 15] [--size 12mp] [--memory /dev/shm] [--disk FOLDER]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from edge.board.budget import this_machine
from edge.commands.bench import photos
from edge.commands.bench.machine import machine
from edge.commands.bench.service import Service
from edge.commands.bench.stages import Product
from edge.engine.cpu_variant import EXACT
from matting.model import default_model_dir

_POLL = 0.001  # seconds
_ANEW = 0.3  # seconds between two photos, so that the service has nothing left to do


def main() -> int:
    """Prints the medians, and how many times the cutting they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--size", default="12mp", help="12mp, 24mp, 1080p or WIDTHxHEIGHT")
    parser.add_argument("--memory", type=Path, default=Path("/dev/shm"), help="a folder on a tmpfs")
    parser.add_argument("--disk", type=Path, default=Path(tempfile.gettempdir()), help="a folder on a disk")
    given = parser.parse_args()
    on, budget = machine(), this_machine()
    print(f"{on.date}  {on.board or on.cpu}, {on.cores} cores, load {on.load:.2f} before; {given.turns} turns, medians")
    photo = photos.jpeg(photos.source(None), *photos.size(given.size))
    product = Product("cpu", default_model_dir(), budget.threads, 1, EXACT)
    times: dict[str, list[float]] = {"cutting": [], "tmpfs": [], "disk": []}
    with ExitStack() as stack:
        child = stack.enter_context(product.child())
        services = {}
        for name, parent in (("tmpfs", given.memory), ("disk", given.disk)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
            services[name] = stack.enter_context(Service(folder, "cpu", product.model))
        alone = folder / "alone.jpg"
        alone.write_bytes(photo)
        for turn in range(given.turns + 1):
            times["cutting"].append(child.ask(str(alone))["ms"])
            for name, service in services.items():
                times[name].append(_through(service, turn, photo))
    print(f"cutting {statistics.median(times['cutting'][1:]):.0f} ms")
    for name in services:
        quotient = statistics.median(each / of for each, of in zip(times[name][1:], times["cutting"][1:], strict=True))
        print(f"hot folder on {name}: {statistics.median(times[name][1:]):.0f} ms, {quotient:.2f} times the cutting")
    return 0


def _through(service: Service, turn: int, photo: bytes) -> float:
    """Milliseconds, file in to file out."""
    expected = service.folders.outbox / f"{turn}.png"
    if not turn:
        service.drop(f"{turn}.jpg", photo)
        service.wait_for(1)
        return 0.0
    time.sleep(_ANEW)
    begun = time.perf_counter()
    service.drop(f"{turn}.jpg", photos.numbered(photo, turn))
    while not expected.exists():
        time.sleep(_POLL)
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    sys.exit(main())
