"""A photo's rows shared among the cores that it may have: one, unless its way through `matting` is told of more.

What is called for each band lets go of the interpreter for most of its time (OpenCV, isal, our C): bands of a photo then run
side by side, and their results come in the photo's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_POOL: ContextVar[ThreadPoolExecutor | None] = ContextVar("pool", default=None)


@contextmanager
def on_cores(cores: int) -> Iterator[None]:
    """What this thread does for its photo until the end of the block may use so many cores."""
    with ThreadPoolExecutor(cores) if cores > 1 else nullcontext() as pool:
        token = _POOL.set(pool)
        try:
            yield
        finally:
            _POOL.reset(token)


def bands(height: int, rows: int) -> list[tuple[int, int]]:
    """(top, bottom) of each band of `rows` rows; the last may have fewer."""
    return [(top, min(height, top + rows)) for top in range(0, height, rows)]


def side_by_side(work: Callable[[T], R], items: list[T]) -> Iterator[R]:
    """What `work` gives for each item, in their order, on all cores that the photo may have."""
    pool = _POOL.get()
    return map(work, items) if pool is None or len(items) < 2 else pool.map(work, items)


def run(work: Callable[[int, int], object], height: int, rows: int) -> None:
    """work(top, bottom) for each band of a frame, on all cores that the photo may have."""
    for _ in side_by_side(lambda band: work(*band), bands(height, rows)):
        pass
