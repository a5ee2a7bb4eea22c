"""This product in a process of its own: the child that a comparison and the stage timings talk to.

`python -m edge.commands.bench.own ENGINE MODEL THREADS FORM`. Protocol: one JSON line when loaded, then for each line on
stdin one JSON line. "PHOTO": cut it (see `edge.commands.bench.rival.timed`, plus stage_ms). Separated by tabs: "PHOTO COUNT
WORKERS": cut it COUNT times with WORKERS at once; "PHOTO floor": see `edge.commands.bench.floor`; "PHOTO facts": how much of
it is the person, and how much edge.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from edge.commands.bench.floor import parts
from edge.commands.bench.rival import peak_mb, protocol
from matting import plugins
from matting.bands import on_cores
from matting.cpu_work import open_cpu_work
from matting.decode import decode
from matting.engines.base import Engine
from matting.engines.registry import open_engine
from matting.errors import MattingError, NoPersonFound
from matting.model import load_model
from matting.photo import U8, Limits
from matting.pipeline import CutOut, cut
from matting.settings import Settings


class Own:
    """A loaded engine that cuts any photo."""

    def __init__(self, engine: str, model: Path, threads: int, form: str) -> None:
        self._spec, self._cores = replace(load_model(model), form=form), threads
        self.work = open_cpu_work(engine, self._spec, threads)
        self._on_one_core: Engine | None = None

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

    def facts(self, data: bytes) -> dict[str, float]:
        """coverage: share of the pixels with alpha >= 0.5; edge: with alpha between 0 and 1; both 0 where nobody is."""
        try:
            alpha = self._pixels(data)[..., 3]
        except NoPersonFound:
            return {"coverage": 0.0, "edge": 0.0}
        return {"coverage": float((alpha >= 128).mean()), "edge": float(((alpha > 0) & (alpha < 255)).mean())}

    def floor(self, data: bytes) -> dict[str, dict[str, float]]:
        """parts: see `edge.commands.bench.floor.parts`."""
        if self._on_one_core is None:
            self._on_one_core = open_engine("cpu", self._spec, 1)
        return {"parts": parts(data, self._pixels(data), self._on_one_core, self._spec)}

    def _pixels(self, data: bytes) -> U8:
        """Of the cut-out, HxWx4."""
        return self.work.pixels(lambda: decode(data, Limits()), Settings(), lambda stage: None).pixels

    def answer(self, photo: str, *more: str) -> dict[str, Any]:
        """What a line asks for."""
        data = Path(photo).read_bytes()
        if not more:
            return self.one(data)
        if more == ("floor",):
            return self.floor(data)
        if more == ("facts",):
            return self.facts(data)
        return self.overlapped(data, int(more[0]), int(more[1]))

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
        answer(own.answer(*line.rstrip("\n").split("\t")))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except MattingError as error:
        sys.exit(str(error))
