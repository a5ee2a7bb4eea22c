"""A picture of somebody by its number alone: who it is, the light, the camera."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from scripts.training.render_people import stage
from scripts.training.render_people.assets import Assets
from scripts.training.render_people.figure import Figure
from scripts.training.render_people.poses import Random, kind_of

SAMPLES = 40


def light(figure: Figure, random: Random) -> None:
    """Soft light from everywhere, one to three lamps, sometimes one from behind."""
    middle = stage.upright(figure.at("spine02")[None])[0]
    stage.sky(tuple(random.uniform(0.7, 1, 3)), random.uniform(0.15, 0.9))
    for number in range(random.integers(1, 4)):
        around, up = random.uniform(-2.0, 2.0) if number < 2 else random.uniform(2.2, 4), random.uniform(0.1, 1.1)
        away = np.array([math.sin(around) * math.cos(up), -math.cos(around) * math.cos(up), math.sin(up)])
        colour = (1.0, random.uniform(0.8, 1), random.uniform(0.6, 1))
        stage.lamp(middle + 3 * away, middle, random.uniform(40, 220) / (1 + number), random.uniform(0.3, 2.5), colour)


def frame(figure: Figure, size: tuple[int, int], random: Random) -> None:
    """A camera at booth distance and height that shows all of the figure, or the upper part of it."""
    points = stage.upright(np.concatenate(figure.seen))
    if figure.kind == "wheelchair":
        whole = random.random() >= 0.25
    else:
        whole = random.random() < (0.6 if figure.kind == "child" else 0.3)
    lowest = points[:, 2].min()
    if not whole:
        waist = figure.at(str(random.choice(["spine05", "spine03", "spine01"])))
        lowest = stage.upright(waist[None])[0, 2]
    kept = points[points[:, 2] >= lowest]
    middle = (kept.min(0) + kept.max(0)) / 2
    yaw, pitch = random.normal(0, 0.45), random.normal(0.08, 0.1)
    away = np.array([math.sin(yaw) * math.cos(pitch), -math.cos(yaw) * math.cos(pitch), math.sin(pitch)])
    eye = middle + away * random.uniform(1.8, 4.5) * max(1.0, float(np.ptp(kept[:, 2])))
    ahead = (middle - eye) / np.linalg.norm(middle - eye)
    right = np.cross(ahead, (0, 0, 1))
    right /= np.linalg.norm(right)
    seen = kept - eye
    depth = seen @ ahead
    wide, tall = np.abs(seen @ right / depth).max(), np.abs(seen @ np.cross(right, ahead) / depth).max()
    width, height = size
    longer = max(size)
    needed = max(wide * longer / width, tall * longer / height) * random.uniform(1.02, 1.1)
    stage.camera(eye, middle, 18 / needed, random.normal(0, 0.02))


def draw(assets: Assets, number: int, file: Path) -> None:
    """Render the figure of that number to a PNG with straight alpha."""
    random = np.random.default_rng(number)
    kind = kind_of(number)
    size = (576, 640) if kind == "wheelchair" else (512, 672)
    stage.clear(SAMPLES, size)
    figure = Figure(assets, kind, random)
    if kind == "wheelchair":
        figure.sit()
    if kind == "veil":
        figure.veil()
    if kind == "holding" or (kind == "child" and random.random() < 0.3):
        figure.carry()
    light(figure, random)
    frame(figure, size, random)
    stage.shoot(file, random.normal(0, 0.4))
