"""Where and how large a person stands in a composite, so that it looks like a photo somebody would take."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from scripts.training.data.augment import Pixels, Random

Floats = npt.NDArray[np.float32]
MAX_ENLARGEMENT = 1.7


def resize(picture: Pixels, height: int, width: int) -> Pixels:
    """Area average when it gets smaller, cubic when larger."""
    smaller = picture.shape[0] * picture.shape[1] > height * width
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    parts = [cv2.resize(picture[..., k : k + 3], (width, height), interpolation=how) for k in range(0, picture.shape[2], 3)]
    return np.dstack(parts).astype(np.uint8)  # three at a time: OpenCV takes at most four channels


@dataclass(frozen=True)
class Figure:
    """A person cut to the bounding box: foreground RGB, alpha, trust (h x w x 5), and which sides the photo cut off."""

    planes: Pixels
    below: bool
    left: bool
    right: bool


def figure(planes: Pixels, mirrored: bool) -> Figure:
    """The person in H x W x 8 prepared planes."""
    rows = np.flatnonzero(planes[:, ::4, 6].max(1) > 25)
    columns = np.flatnonzero(planes[::4, :, 6].max(0) > 25)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    height, width = planes.shape[:2]
    cut = planes[top:bottom, left:right, 3:]
    at_left, at_right = left < 4, right > width - 4
    if mirrored:
        cut, at_left, at_right = cut[:, ::-1], at_right, at_left
    return Figure(np.ascontiguousarray(cut), bottom > height - 4, at_left, at_right)


def paste(picture: Pixels, side: int, corner: tuple[int, int]) -> Floats:
    """A picture (h x w x C) on an empty canvas, side x side x C; its upper left corner, (row, column), may be outside."""
    (height, width, planes), (y, x) = picture.shape, corner
    canvas: Floats = np.zeros((side, side, planes), np.float32)
    into = canvas[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    into[:] = picture[max(-y, 0) :, max(-x, 0) :][: into.shape[0], : into.shape[1]]
    return canvas


def place(
    planes: Pixels, side: int, stretch: float, people: int, number: int, random: Random, enlarged: float | None = None
) -> Floats:
    """One person on an empty canvas side x side: foreground RGB, alpha, trust as float32 in 0..255. enlarged: by how much,
    where that is not left to chance.

    Whoever is cut off by the photo's lower border stays at the canvas's lower border or runs out of it; the same for
    the sides, mostly: a shoulder that ends in mid-air is rare in real photos.
    """
    who = figure(planes, mirrored=bool(random.random() < 0.5))
    natural = people == 1 and random.random() < 0.75
    tall = side * random.uniform(0.45, 1.3 if people == 1 else 0.95)
    scale = min(tall / who.planes.shape[0], 1.5 * side / who.planes.shape[1])
    if natural and who.left and who.right:
        scale = max(scale, side / who.planes.shape[1] * random.uniform(1, 1.2) / np.sqrt(stretch))
    scale = min(scale if enlarged is None else enlarged, MAX_ENLARGEMENT)
    height = max(8, int(who.planes.shape[0] * scale / np.sqrt(stretch)))
    width = max(8, int(who.planes.shape[1] * scale * np.sqrt(stretch)))
    x = (number + 0.5) / people * side - width / 2 + random.normal(0, 0.12 * side)
    if natural and who.left and who.right:
        x = (side - width) / 2 if width < side else random.uniform(side - width, 0)
    elif natural and who.left:
        x = -random.uniform(0, 0.1) * width
    elif natural and who.right:
        x = side - random.uniform(0.9, 1) * width
    top = vertical(side, height, who.below or enlarged is not None, random)
    canvas = paste(resize(who.planes, height, width), side, (int(top), int(x)))
    if random.random() < 0.25:
        turn = cv2.getRotationMatrix2D((side / 2, side), random.uniform(-8, 8), 1.0)
        cover = canvas[..., 3:4].copy()
        canvas *= cover  # or the emptiness beside a cut shoulder would darken its edge
        parts = [cv2.warpAffine(canvas[..., k], turn, (side, side)) for k in (slice(0, 3), slice(3, 5))]
        cover = np.asarray(cv2.warpAffine(cover, turn, (side, side)), np.float32)
        canvas = np.asarray(np.dstack(parts) / np.maximum(cover, 1)[..., None], np.float32)
        canvas[..., 3] = cover
    return canvas


def vertical(side: int, height: int, cut_below: bool, random: Random) -> float:
    """The figure's upper border. The head stays in sight, the body may run out below."""
    slack = side - height
    if not cut_below:
        return float(random.uniform(min(slack, 0), max(slack, 0) + 0.15 * height))
    if slack < 0:
        return float(random.uniform(0, 0.12 * side))
    return slack + float(random.uniform(0, 0.25 * height) if random.random() < 0.4 else 0)
