"""A photo's rows shared among the cores that it may have: one, unless its way through `matting` is told of more.

What is called for each band lets go of the interpreter for most of its time (OpenCV, isal, our C): bands of a photo then run
side by side, and their results come in the photo's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_FOR_A_CORE = 3  # bands, so that one core that is taken away for a while does not hold up the others


@dataclass(frozen=True, slots=True)
class _Team:
    cores: int
    pool: ThreadPoolExecutor


_TEAM: ContextVar[_Team | None] = ContextVar("team", default=None)


@contextmanager
def on_cores(cores: int) -> Iterator[None]:
    """What this thread does for its photo until the end of the block may use so many cores."""
    with ThreadPoolExecutor(cores) if cores > 1 else nullcontext() as pool:
        token = _TEAM.set(None if pool is None else _Team(cores, pool))
        try:
            yield
        finally:
            _TEAM.reset(token)


def cores() -> int:
    """How many this thread may use for its photo."""
    team = _TEAM.get()
    return 1 if team is None else team.cores


def bands(height: int, rows: int) -> list[tuple[int, int]]:
    """(top, bottom) of each band of `rows` rows; the last may have fewer."""
    return [(top, min(height, top + rows)) for top in range(0, height, rows)]


def side_by_side(work: Callable[[T], R], items: list[T]) -> Iterator[R]:
    """What `work` gives for each item, in their order, on all cores that the photo may have."""
    team = _TEAM.get()
    return map(work, items) if team is None or len(items) < 2 else team.pool.map(work, items)


def run(work: Callable[[int, int], object], height: int, least: int) -> None:
    """work(top, bottom) for bands of a frame, a few for each core, of at least so many rows; the whole frame on one core."""
    alone = cores() == 1
    rows = height if alone else max(least, -(-height // (_FOR_A_CORE * cores())))
    for _ in side_by_side(lambda band: work(*band), bands(height, max(1, rows))):
        pass
