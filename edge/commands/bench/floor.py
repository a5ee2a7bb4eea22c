"""What one photo must cost at least with these libraries: its parts, each by the plainest call there is, on one core, divided
by the cores. What is not in it is the matte at full size and the person's colours at the edge.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from isal import isal_zlib

from edge.commands.bench.stages import Product, Spread, Tick, spread
from matting.engines.base import Engine
from matting.model import ModelSpec
from matting.photo import U8


@dataclass(frozen=True, slots=True)
class FloorResult:
    """One size. parts: ms on one core; floor_ms: their sum, divided by the cores; ours_ms: the whole photo on all cores, in
    turn with them; ratio: how many times the floor ours takes, the median of all rounds'."""

    size: str
    photos: int
    cores: int
    parts: dict[str, Spread]
    floor_ms: float
    ours_ms: float
    ratio: float


def parts(photo: bytes, finished: U8, engine: Engine, model: ModelSpec) -> dict[str, float]:
    """Milliseconds of each, on one core. photo: a JPEG; finished: the pixels of its cut-out, HxWx4; engine: of one thread."""
    rows = _differences(finished)
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        begun = time.perf_counter()
        result = work()
        spent[name] = (time.perf_counter() - begun) * 1e3
        return result

    rgb = timed("decode (simplejpeg)", lambda: simplejpeg.decode_jpeg(photo, "RGB"))
    size = (model.input.width, model.input.height)
    timed("area resize (OpenCV)", lambda: cv2.resize(np.asarray(rgb), size, interpolation=cv2.INTER_AREA))
    tensor = np.zeros((1, 3, model.input.height, model.input.width), np.float32)
    timed("network alone", lambda: engine.infer(tensor if model.input.layout == "NCHW" else tensor.transpose(0, 2, 3, 1)))
    timed("copy of the pixels", finished.copy)
    timed("deflate (isal, level 1)", lambda: isal_zlib.compress(rows, 1))
    return spent


def _differences(pixels: U8) -> U8:
    """Each row less the one above, as PNG's filter UP has them."""
    flat = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    return np.concatenate([flat[:1], flat[1:] - flat[:-1]])


def measure(product: Product, photo: Path, label: str, photos: int, tick: Tick) -> FloorResult:
    """Ours and the floor in turn, `photos` times, after one round that is not counted.

    Raises:
        EngineError: the measured process ended early, or nobody is in the photo.
    """
    ours, floors = list[float](), list[dict[str, float]]()
    with product.child() as child:
        for _ in range(photos + 1):
            ours.append(child.ask(str(photo))["ms"])
            floors.append(child.ask(str(photo), "floor")["parts"])
            tick()
    ours, floors = ours[1:], floors[1:]
    sums = [sum(each.values()) / product.threads for each in floors]
    return FloorResult(
        size=label,
        photos=photos,
        cores=product.threads,
        parts={name: spread([each[name] for each in floors]) for name in floors[0]},
        floor_ms=spread(sums).median,
        ours_ms=spread(ours).median,
        ratio=spread([own / floor for own, floor in zip(ours, sums, strict=True)]).median,
    )
