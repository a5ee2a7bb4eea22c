"""Linear enlargement of small planes, one tile at a time: the whole is never in memory, and tiles meet without seams."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matting.photo import F32, Box

TILE = 128  # pixels; a tile of ten float planes takes 0.7 MB and so stays in the cache


def tiles(height: int, width: int) -> Iterator[Box]:
    """The tiles of a frame, row by row."""
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield Box(top, left, min(height, top + TILE), min(width, left + TILE))


def enlarged(planes: F32, tile: Box, height: int, width: int) -> F32:
    """That tile (CxTHxTW) of `planes` (CxHxW) enlarged to height x width.

    Pixel centres are kept, borders replicated, as cv2.resize does; but cv2.resize cannot start inside a frame. Two
    products of small matrices do the same at the speed of the processor's linear algebra.
    """
    top, rows = _weights(planes.shape[1], height, tile.top, tile.bottom)
    left, columns = _weights(planes.shape[2], width, tile.left, tile.right)
    part = planes[:, top : top + rows.shape[1], left : left + columns.shape[1]]
    return np.asarray(rows @ part @ columns.T, np.float32)


def covered(tile: Box, low: tuple[int, int], height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of the small planes (of size `low`) that the tile is made of."""
    top, bottom = _span(low[0], height, tile.top, tile.bottom)
    left, right = _span(low[1], width, tile.left, tile.right)
    return slice(top, bottom), slice(left, right)


def _positions(low: int, size: int, start: int, stop: int) -> F32:
    """Where the centres of pixels start..stop of `size` lie among the `low` samples."""
    centres = (np.arange(start, stop) + 0.5) * (low / size) - 0.5
    return np.asarray(np.clip(centres, 0, low - 1), np.float32)


def _span(low: int, size: int, start: int, stop: int) -> tuple[int, int]:
    positions = _positions(low, size, start, stop)
    return int(positions[0]), min(low, int(positions[-1]) + 2)


def _weights(low: int, size: int, start: int, stop: int) -> tuple[int, F32]:
    """The first sample that counts, and the weights (pixels x samples) of it and those after it."""
    first, end = _span(low, size, start, stop)
    distance = np.abs(_positions(low, size, start, stop)[:, np.newaxis] - np.arange(first, end, dtype=np.float32))
    return first, np.maximum(0, 1 - distance).astype(np.float32)
