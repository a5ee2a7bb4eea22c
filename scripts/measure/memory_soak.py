"""Does the service's memory stay flat? Feeds a real one many small photos, and a small and a large backlog.

    .venv/bin/python -m scripts.measure.memory_soak [--photos 1000] [--backlog 10000] [--model DIR]

Memory is PSS over the process tree. Exit code 0 when both differences stay below the tolerance, else 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from edge.commands.bench.machine import machine
from edge.commands.bench.memory import PeakSampler, pss_mb
from edge.commands.bench.photos import jpeg, numbered, source
from edge.commands.bench.service import Service
from matting.model import default_model_dir

EARLY = 50
SMALL_BACKLOG = 10
BACKLOG_SECONDS = 20.0
IN_HAND = 20
TOLERANCE_MB = 32.0


def growth(photo: bytes, photos: int, model: Path) -> tuple[float, float]:
    """PSS in MB after 50 and after `photos` photos, each while idle."""
    with tempfile.TemporaryDirectory() as folder, Service(Path(folder), "auto", model) as service:
        early = 0.0
        for number in range(photos):
            service.drop(f"{number}.jpg", numbered(photo, number))
            service.wait_for(number + 1 - IN_HAND)
            if number + 1 == EARLY:
                service.wait_for(EARLY)
                early = pss_mb(service.pid)
            if sys.stderr.isatty() and number % 10 == 0:
                print(f"\r{number} of {photos} photos", end="", file=sys.stderr)
        service.wait_for(photos)
        print(f"\r{photos} photos: cut, nobody, failed = {service.verdicts()}", file=sys.stderr)
        return early, pss_mb(service.pid)


def backlog(photo: bytes, files: int, model: Path) -> float:
    """Peak PSS in MB of a service that starts on an inbox of `files` photos: over 20 s, or until it has cut them all."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), "auto", model)
        for number in range(files):
            service.drop(f"{number}.jpg", numbered(photo, number))
        with service, PeakSampler(service.pid) as memory:
            service.wait_for(min(files, SMALL_BACKLOG))
            end = time.monotonic() + BACKLOG_SECONDS
            while time.monotonic() < end and sum(service.verdicts()) < files:
                time.sleep(0.1)
        return memory.peak_mb


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000, help="for the growth (1000)")
    parser.add_argument("--backlog", type=int, default=10_000, help="files in the large backlog (10000)")
    parser.add_argument("--model", type=Path, default=default_model_dir(), help="folder with a model.toml")
    arguments = parser.parse_args()
    if arguments.photos <= EARLY:
        parser.error(f"--photos must be above {EARLY}")
    on, photo = machine(), jpeg(source(None), 240, 320)
    print(f"{on.date}  {on.board or on.cpu}, {on.cores} cores, {on.ram_mb / 1e3:.1f} GB; photos of 240x320")
    early, late = growth(photo, arguments.photos, arguments.model)
    print(f"after {EARLY} photos {early:.0f} MB, after {arguments.photos} {late:.0f} MB: {late - early:+.1f} MB")
    few, many = (backlog(photo, files, arguments.model) for files in (SMALL_BACKLOG, arguments.backlog))
    print(f"peak with a backlog of {SMALL_BACKLOG} {few:.0f} MB, of {arguments.backlog} {many:.0f} MB: {many - few:+.1f} MB")
    flat = max(late - early, many - few) <= TOLERANCE_MB
    print(f"{'flat' if flat else 'NOT FLAT'}: the tolerance is {TOLERANCE_MB:.0f} MB")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
