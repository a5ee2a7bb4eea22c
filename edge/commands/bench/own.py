"""This product in a process of its own: the child that a comparison and the stage timings talk to.

`python -m edge.commands.bench.own ENGINE MODEL THREADS FORM`. Protocol: one JSON line when loaded, then for each line on
stdin one JSON line. "PHOTO": cut it (see `edge.commands.bench.rival.timed`, plus stage_ms). "PHOTO COUNT WORKERS",
separated by tabs: cut it COUNT times with WORKERS at once.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from edge.commands.bench.rival import peak_mb, protocol
from matting import plugins
from matting.bands import on_cores
from matting.cpu_work import open_cpu_work
from matting.errors import MattingError
from matting.model import PresenceSpec, load_model
from matting.pipeline import CutOut, cut
from matting.settings import Settings


class Own:
    """A loaded engine that cuts any photo."""

    def __init__(self, engine: str, model: Path, threads: int, form: str) -> None:
        # A bench measures time: a photo of nobody must take the whole way as well.
        spec = replace(load_model(model), form=form, presence=PresenceSpec(min_coverage=0.0, min_peak=0.0))
        self.work, self._cores = open_cpu_work(engine, spec, threads), threads

    def cut(self, data: bytes) -> CutOut:
        return cut(data, Settings(), self.work)

    def one(self, data: bytes) -> dict[str, Any]:
        """Cut one photo: ms, stage_ms, bytes of the output, peak memory of the process so far."""
        start = time.perf_counter()
        with on_cores(self._cores):  # as the service gives them to one that waits alone
            result = self.cut(data)
        ms = (time.perf_counter() - start) * 1e3
        return {"ms": ms, "stage_ms": dict(result.stage_ms), "bytes": len(result.output), "peak_mb": peak_mb()}

    def overlapped(self, data: bytes, count: int, workers: int) -> dict[str, float]:
        """Cut a photo `count` times, `workers` at once, as the service does: photos a second, peak memory so far."""
        start = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            for done in [pool.submit(self._bytes, data) for _ in range(count)]:
                done.result()
        return {"photos_per_second": count / (time.perf_counter() - start), "peak_mb": peak_mb()}

    def _bytes(self, data: bytes) -> int:
        """Keeps no output, as the service keeps none."""
        return len(self.cut(data).output)


def main(engine: str, model: str, threads: str, form: str) -> None:
    """Answer until stdin ends.

    Raises:
        MattingError: from the model, the engine or the photo.
    """
    answer = protocol()
    plugins.load()
    cv2.setNumThreads(1)  # as the service does
    start = time.perf_counter()
    own = Own(engine, Path(model), int(threads), form)
    answer({"load_ms": (time.perf_counter() - start) * 1e3, "version": own.work.name})
    for line in sys.stdin:
        photo, *overlap = line.rstrip("\n").split("\t")
        data = Path(photo).read_bytes()
        answer(own.overlapped(data, int(overlap[0]), int(overlap[1])) if overlap else own.one(data))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except MattingError as error:
        sys.exit(str(error))
