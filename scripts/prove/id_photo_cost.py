"""Time and memory of ID photos beside a plain cut at 12 MP: python -m scripts.prove.id_photo_cost PHOTO ... [--rounds 9]

Each photo is enlarged to 12 MP. Time: all kinds in turn in one process, the median of the rounds, wall clock and seconds of
the processor, on one core and on two. Memory: the peak of a process that makes one kind alone.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from matting.bands import on_cores
from matting.cpu_work import open_cpu_work
from matting.decode import decode
from matting.errors import MattingError
from matting.face.shipped import shipped_faces
from matting.formats.jpeg import write_jpeg
from matting.id_photo.beside import Beside, Print
from matting.id_photo.portrait import Wish
from matting.id_photo.sheet import parse_paper
from matting.id_photo.specification import find_specification
from matting.model import default_model_dir, load_model
from matting.photo import Limits
from matting.pipeline import cut
from matting.presets import settings_from
from matting.settings import Settings

_PIXELS = 12e6
_RULE = find_specification("icao")
_ALL = Beside(check=True, sheet=Print(parse_paper("10x15cm")))
KINDS: dict[str, Settings] = {
    "plain cut to PNG": Settings(),
    "preset id-photo, JPEG": settings_from("id-photo"),
    "ID photo": settings_from("id-photo", id_photos=(Wish(_RULE, shipped_faces),)),
    "ID photo, background kept": settings_from("id-photo", id_photos=(Wish(_RULE, shipped_faces, keep=True),)),
    "ID photo, report, sheet": settings_from("id-photo", id_photos=(Wish(_RULE, shipped_faces),), beside=_ALL),
}


def enlarged(photo: Path) -> bytes:
    """A JPEG of 12 MP."""
    rgb = decode(photo.read_bytes(), Limits()).rgb
    factor = (_PIXELS / (rgb.shape[0] * rgb.shape[1])) ** 0.5
    large = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return write_jpeg(np.asarray(large, np.uint8), None, None, 92)


def times(data: bytes, threads: int, rounds: int) -> None:
    """A line for each kind."""
    work = open_cpu_work("cpu", load_model(default_model_dir()), threads)
    wall: dict[str, list[float]] = {kind: [] for kind in KINDS}
    processor: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with on_cores(threads):
        for turn in range(rounds + 1):
            for kind, settings in KINDS.items():
                begun, used = time.perf_counter(), time.process_time()
                try:
                    cut(data, settings, work)
                except MattingError as error:
                    print(f"  {kind}: {error}")
                    return
                if turn:  # the first round loads
                    wall[kind].append(time.perf_counter() - begun)
                    processor[kind].append(time.process_time() - used)
    base = statistics.median(wall["plain cut to PNG"])
    for kind in KINDS:
        median, seconds = statistics.median(wall[kind]), statistics.median(processor[kind])
        print(f"  {threads} cores, {kind}: {median:.3f} s, {median / base:.2f} of a plain cut; {seconds:.3f} s of processor")


def memory(data: bytes, kind: str) -> None:
    cut(data, KINDS[kind], open_cpu_work("cpu", load_model(default_model_dir()), 1))
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak too
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"  peak memory, {kind}: {peak / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--memory", choices=KINDS, help="the peak of this kind alone, of a photo as it is")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    if given.memory is not None:
        memory(given.photos[0].read_bytes(), given.memory)
        return
    for photo in given.photos:
        data = enlarged(photo)
        print(photo.name, flush=True)
        for threads in (1, 2):
            times(data, threads, given.rounds)
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(data)
            file.flush()
            for kind in KINDS:
                subprocess.run([sys.executable, "-m", "scripts.prove.id_photo_cost", file.name, "--memory", kind], check=True)


if __name__ == "__main__":
    main()
