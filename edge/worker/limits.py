"""Limits of the kernel's (setrlimit(2)) that hold a worker to its share, whatever runs in it."""

from __future__ import annotations

import resource

from edge.sandbox.resources import lower
from edge.worker.messages import StartWorker

# LZW, the least of our encoders, makes at most 12 bits of each of the 4 bytes of a pixel; beside them profiles and headers.
_OUTPUT_PER_PIXEL, _OUTPUT_LEAST = 6, 16 << 20
_DESCRIPTORS = 256  # four for each photo in hand, and a library or two


def bound(start: StartWorker) -> None:
    """To be called before the worker locks itself in, which also ends the setting of limits.

    A write beyond the largest output fails with EFBIG: Python ignores SIGXFSZ. So does one to a log that is a larger file.
    """
    lower(resource.RLIMIT_FSIZE, _OUTPUT_PER_PIXEL * start.pixels + _OUTPUT_LEAST)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_MSGQUEUE, 0)
    if start.engines is None:
        # Memory that the budget does not grant must fail here, as a MemoryError on one photo, not in the kernel. With
        # CUDA, which reserves far more than it uses, recycling and the unit's MemoryMax have to do.
        lower(resource.RLIMIT_DATA, start.memory)
    if not start.has_driver:  # a driver opens its nodes many times over
        lower(resource.RLIMIT_NOFILE, _DESCRIPTORS)
