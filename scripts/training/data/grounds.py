"""Backgrounds for composites: crops of pictures, what stands beside a person, walls that never were."""

from __future__ import annotations

import numpy as np

from scripts.training.data.augment import Pixels, Random


def crop(picture: Pixels, random: Random) -> Pixels:
    """A part of a background picture, at least 45 % of it, mirrored half of the time."""
    height, width = picture.shape[:2]
    scale = random.uniform(0.45, 1)
    aspect = np.exp(random.uniform(-0.35, 0.35))
    tall, wide = int(min(height, width / aspect) * scale), int(min(width, height * aspect) * scale)
    top, left = int(random.uniform(0, height - tall)), int(random.uniform(0, width - wide))
    return np.ascontiguousarray(picture[top : top + tall, left : left + wide][:, :: random.choice([-1, 1])])


def beside_person(planes: Pixels) -> Pixels | None:
    """The wider strip of columns left or right of the person, if it is worth a background."""
    width = planes.shape[1]
    taken = np.flatnonzero(planes[::4, :, 6].max(0) > 6)
    if len(taken) == 0:
        return None
    left, right = int(taken[0]), width - 1 - int(taken[-1])
    strip = planes[:, : left - 2, :3] if left > right else planes[:, width - right + 2 :, :3]
    return np.ascontiguousarray(strip) if strip.shape[1] >= max(96, width // 5) else None


def wall(side: int, random: Random) -> Pixels:
    """A plain colour that runs into another one, with light falling off and some grain."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    first = random.uniform(0, 255, 3)
    second = first + random.normal(0, 45, 3) * (random.random() < 0.7)
    turn = random.uniform(0, 2 * np.pi)
    ramp = np.clip((x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + 0.5, 0, 1)[..., None]
    centre = random.uniform(0.2, 0.8, 2)
    light = 1 - random.uniform(0, 0.6) * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)[..., None]
    grain = random.normal(0, random.uniform(0, 4), (side, side, 1))
    out: Pixels = np.clip((first + (second - first) * ramp) * light + grain, 0, 255).astype(np.uint8)
    return out
