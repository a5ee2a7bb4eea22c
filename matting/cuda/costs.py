"""What the GPU's work on a photo costs, on paper: bytes and operations of each launch, for a roofline. Nothing measured.

The launches are those that `Steps` queues: it is run here on a device that only writes down what it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matting.cuda.device import Argument, Buffer
from matting.cuda.steps import Steps
from matting.model import InputSpec
from matting.photo import U8, Box, Controls, Photo


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one thread, at most: as if every pixel were an edge.

    read, written: bytes that must cross the memory bus; what neighbours share counts once, as it stays in the cache.
    operations: in single precision and of whole numbers, without addresses; a division counts 8. doubles: the same in
    double precision. Kernels that go over a number of samples (`SAMPLES`) read `sample_read` and do `sample_operations`
    for each of them besides.
    """

    read: float
    written: float
    operations: float
    doubles: float = 0
    sample_read: float = 0
    sample_operations: float = 0


# Counted by hand in the sources. A thread makes one pixel; of `area` and the box means one value of one channel or plane.
COSTS = {
    "halve": Cost(12, 3, 15),
    "cells": Cost(0, 20, 8, doubles=20),
    "area": Cost(0, 1, 12, sample_read=1, sample_operations=6),
    "enlarge": Cost(0, 3, 60, doubles=20, sample_read=3),
    "normalise": Cost(3, 12, 30),
    "undo_box": Cost(4, 4, 2),
    "unsure": Cost(4, 1, 23),
    "widen": Cost(1, 1, 25),
    "solve": Cost(8, 12, 1650, doubles=100),
    "functions": Cost(20, 16, 700),
    "evaluate": Cost(3, 1, 60, sample_read=16),
    "erode": Cost(1, 1, 5, sample_operations=3),
    "feather_rows": Cost(1, 2, 5, sample_operations=3),
    "feather_columns": Cost(2, 1, 5, sample_operations=3),
    "weigh_photo": Cost(4, 16, 10),
    "weigh_planes": Cost(13, 16, 6),
    "box_rows": Cost(4, 4, 12, sample_operations=1),
    "box_columns": Cost(4, 4, 12, sample_operations=1),
    "divide": Cost(16, 12, 25),
    "correct": Cost(28, 12, 27),
    "compose": Cost(5, 4, 125, sample_read=24),
}

# From a launch's arguments to its samples of each thread. For `area` the values that one is made of; for `enlarge`,
# `evaluate` and `compose` the part of a small pixel that is one of the large; else the pixels under the window.
SAMPLES: dict[str, Callable[..., float]] = {
    "area": lambda _, stride, from_height, from_width, *rest: from_height * from_width / (rest[3] * rest[4]),
    "enlarge": lambda _, low_height, low_width, to, height, width: low_height * low_width / (height * width),
    "evaluate": lambda _, low_height, low_width, *rest: low_height * low_width / (rest[2] * rest[3]),
    "compose": lambda *a: a[5] * a[6] / (a[8] * a[9]),
    "erode": lambda *a: math.pi * (a[-1] + 0.5) ** 2,
    "feather_rows": lambda *a: 2 * a[-1] + 1,
    "feather_columns": lambda *a: 2 * a[-1] + 1,
    "box_rows": lambda *a: a[-1],
    "box_columns": lambda *a: a[-1],
}
# Copies are no kernels: over the bus of unified memory they go twice.
COPIES = ("upload", "download", "clear")


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch, or one copy ("upload", "download", "clear"); bytes and operations of all its threads together."""

    name: str
    threads: int
    read: float
    written: float
    operations: float = 0
    doubles: float = 0


def launches(
    height: int, width: int, spec: InputSpec, controls: Controls | None = None, behind: tuple[int, int, int] | None = None
) -> list[Launch]:
    """All that a photo of that size needs around the network, in order. behind: an even colour, else transparent."""
    paper = _Paper()
    steps = Steps(paper, spec)
    size, whole = spec.height * spec.width, Box(0, 0, height, width)
    photo = Photo(np.zeros((height, width, 3), np.uint8))
    controls = controls or Controls()
    frame = steps.prepare(photo, 0, steps.memory.buffer("input", 12 * size))
    output = steps.memory.buffer("output", 4 * size)
    steps.downloaded("mattes", output, 4 * size)
    alpha = steps.shape(steps.refine(frame, output, controls.threshold), height, width, controls)
    steps.finish(frame, alpha, whole, None, None if behind is None else np.array([[behind]], np.uint8))
    return paper.launches


class _Paper:
    """A `Device` without memory. The null pointer alone is none: all others are told apart by nothing but their lengths."""

    stream = 0

    def __init__(self) -> None:
        self.launches: list[Launch] = []

    def allocate(self, size: int) -> Buffer:
        return Buffer(1, size)

    def free(self, buffer: Buffer) -> None:
        """Nothing was taken."""

    def pinned(self, size: int) -> U8:
        return np.empty(size, np.uint8)

    def upload(self, to: Buffer, source: NDArray[Any]) -> None:
        self._copied("upload", source.nbytes)

    def download(self, to: NDArray[Any], source: Buffer) -> None:
        self._copied("download", to.nbytes)

    def clear(self, buffer: Buffer) -> None:
        self.launches.append(Launch("clear", 0, 0, buffer.bytes))

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        cost = COSTS[kernel]
        samples = SAMPLES[kernel](*arguments) if kernel in SAMPLES else 0.0
        channels = int(arguments[-1]) if kernel == "area" and not isinstance(arguments[-1], Buffer) else 1
        threads = columns * rows * channels
        read = cost.read + cost.sample_read * samples
        operations = cost.operations + cost.sample_operations * samples
        self.launches.append(
            Launch(kernel, threads, threads * read, threads * cost.written, threads * operations, threads * cost.doubles)
        )

    def synchronize(self) -> None:
        """Nothing is under way."""

    def memory(self) -> tuple[int, int]:
        return 0, 0

    def close(self) -> None:
        """Nothing was opened."""

    def _copied(self, name: str, size: int) -> None:
        self.launches.append(Launch(name, 0, size, size))
