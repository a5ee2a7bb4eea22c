"""Alpha steadied over time, without trails: an average over time wherever nothing moves, and the newest where it does.

The network judges each frame alone, and sensor noise alone is enough to move its unsure pixels to and fro. Where the
picture itself stands still, that movement is error: a frame that disagrees with those before and after it is passed over,
and the rest is averaged away. Where the picture changes by more than noise the newest matte counts whole, and where the
network changes its mind altogether, two frames of one mind do, so that nothing is dragged behind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from matting.photo import F32, U8

AVERAGED = 0.4  # seconds: the time constant of the average
FORGOTTEN = 1.0  # seconds between two frames after which the earlier says nothing about the later
WINDOW = 9  # pixels of the matte around a change that count as changed with it
NOISE = 2.0  # grey levels, of 255, that every camera's picture moves by
MOST_NOISE = 4.0  # a picture that changes more than this as a whole is not noisy: the camera moves
MIND = (0.3, 0.6)  # changes of alpha up to the first are averaged, from the second on taken over whole


@dataclass(frozen=True)
class _Frame:
    """What is kept of the last frame: its matte as it came and steadied, the picture, the time."""

    newest: F32
    steadied: F32
    grey: F32
    time: float


class Steady:
    """Give it each matte with the picture it was made of, in order."""

    def __init__(self) -> None:
        self._last: _Frame | None = None

    def __call__(self, alpha: F32, grey: U8, time: float) -> F32:
        """The steadied matte. alpha: HxW, 0..1; grey: HxW, the picture's brightness at the matte's size; time: in seconds."""
        now, last = grey.astype(np.float32), self._last
        if last is None or last.newest.shape != alpha.shape or not 0 < time - last.time < FORGOTTEN:
            steadied = alpha
        else:
            before = last.steadied
            share = np.float32(1 - math.exp((last.time - time) / AVERAGED))
            change = _median(before, last.newest, alpha) - before
            still = before + np.maximum(share, _widened(_ramp(np.abs(change), *MIND))) * change
            steadied = still + _widened(_moved(now, last.grey)) * (alpha - still)
        self._last = _Frame(alpha, steadied, now, time)
        return steadied


def _median(one: F32, other: F32, third: F32) -> F32:
    """Of three values, at each pixel, the one between the two others."""
    return np.maximum(np.minimum(one, other), np.minimum(np.maximum(one, other), third))


def _moved(now: F32, earlier: F32) -> F32:
    """How much of the picture's change is more than noise, 0..1."""
    change = np.asarray(cv2.blur(np.abs(now - earlier), (3, 3)), np.float32)
    noise = min(MOST_NOISE, max(NOISE, float(np.median(change))))
    return _ramp(change, 2 * noise, 4 * noise)


def _widened(change: F32) -> F32:
    """The same in a window around it: the soft edge of what is gone must go with it."""
    return np.asarray(cv2.dilate(change, np.ones((WINDOW, WINDOW), np.uint8)), np.float32)


def _ramp(values: F32, low: float, high: float) -> F32:
    return np.asarray(np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)
