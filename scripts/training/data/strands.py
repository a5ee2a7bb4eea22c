"""Single hairs with exact alpha, drawn within milliseconds: out of a silhouette, where they are the person's, or elsewhere.

Mattes that people or networks made of photos are blurred where hair is fine, so nothing finer can be learned of them. Here
strands are curves, drawn SCALE times as large and averaged down: their cover is right by construction. The same curves
stand away from people, where they are background: or a network takes every wire and twig for hair.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from scripts.training.data.augment import Pixels, Random

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
SCALE = 3
MAX_STEPS = 60


@dataclass(frozen=True)
class Style:
    """How hair falls. Lengths in pixels on a canvas of 512.

    count: fewest and most strands round a whole head; length: of the typical strand; pitch: radians of curl a pixel;
    radius: of the curl; fall: how far it bends down, 0 to 1; widths: in pixels of the enlarged drawing; tufts: strands that
    share a root, 0 for none.
    """

    count: tuple[int, int]
    length: float
    pitch: float
    radius: float
    fall: float
    widths: tuple[int, ...] = (1, 1, 2, 2, 3)
    tufts: int = 0


STYLES = {
    "flyaways": Style((15, 120), 55, 0.05, 1.0, 0.25),
    "afro": Style((600, 1600), 30, 0.7, 2.2, 0.0),
    "curls": Style((200, 700), 50, 0.3, 3.5, 0.4, tufts=25),
    "long": Style((120, 400), 110, 0.06, 2.0, 0.8, tufts=20),
    "frizz": Style((250, 900), 18, 0.4, 1.3, 0.05),
    "locs": Style((14, 60), 70, 0.1, 2.0, 0.95, (8, 11, 15), 1),
}
# Red, green, blue of hair: black, browns, blonds, grey, white, red, and a dyed one.
PALETTE = np.array(
    [(18, 15, 14), (45, 30, 22), (92, 62, 42), (150, 110, 70), (205, 175, 125), (128, 124, 122), (225, 222, 216),
     (140, 62, 30), (120, 40, 120)], np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class Roots:
    """Where strands begin: points (N x 2, x and y in pixels) and the outward directions there (N x 2, length 1)."""

    points: Points
    ways: Points


def outline(cover: Pixels) -> Roots | None:
    """Of the largest silhouette in a plane (H x W, above 127 is inside); None where there is hardly one."""
    solid = (cover > 127).astype(np.uint8)
    contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max((c[:, 0].astype(np.float64) for c in contours), key=len, default=np.zeros((0, 2)))
    if len(points) < 60:
        return None
    along = np.roll(points, -6, 0) - np.roll(points, 6, 0)
    ways = np.stack([along[:, 1], -along[:, 0]], 1)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True) + 1e-6
    soft = np.asarray(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 3), np.float32)
    ahead, behind = (look(soft, points + sign * 4 * ways) for sign in (1, -1))
    ways[ahead > behind] *= -1
    return Roots(points, ways)


def look(plane: Floats | Pixels, points: Points) -> Floats:
    """The values of a plane (H x W or H x W x C) at points (N x 2), those outside taken at the border."""
    x, y = points.astype(int).T
    return np.asarray(plane[y.clip(0, plane.shape[0] - 1), x.clip(0, plane.shape[1] - 1)], np.float32)


def choose(roots: Roots, style: Style, count: int, random: Random) -> Roots:
    """So many roots out of all, in tufts where the style has them."""
    at = random.integers(len(roots.points), size=count)
    if style.tufts and (style.tufts == 1 or random.random() < 0.7):
        middles = random.integers(len(roots.points), size=max(3, count // style.tufts))
        at = (random.choice(middles, count) + random.normal(0, 3, count)).astype(int) % len(roots.points)
    return Roots(roots.points[at], roots.ways[at])


def curves(roots: Roots, style: Style, size: float, random: Random) -> Points:
    """A curve from each root, N x T x 2. size: of the head, 1 where it fills the usual part of a canvas of 512."""
    count = len(roots.points)
    total = style.length * size * (random.lognormal(0, 0.45, count) * random.uniform(0.3, 1, count))[:, None]
    steps = int(np.clip(total.max() / 1.5, 6, MAX_STEPS))
    step = total / steps
    gone = np.arange(steps)[None] * step
    bend = np.cumsum(random.normal(0, 0.02, (count, 1)) + random.normal(0, 0.05, (count, steps)), 1)
    angle = np.arctan2(roots.ways[:, 1:], roots.ways[:, :1]) + random.normal(0, 0.4, (count, 1)) + bend
    fall = style.fall * np.minimum(1, gone / (0.6 * total))
    way = np.stack([np.cos(angle) * (1 - fall), np.sin(angle) * (1 - fall) + fall], -1)
    way /= np.linalg.norm(way, axis=-1, keepdims=True) + 1e-6
    begin = roots.points - roots.ways * random.uniform(2, 8, (count, 1))
    path = begin[:, None] + np.cumsum(way * step[..., None], 1)
    phase = (
        random.uniform(0, 2 * np.pi, (count, 1)) + style.pitch * random.uniform(0.6, 1.5, (count, 1)) / max(size, 0.3) * gone
    )
    radius = style.radius * size * random.uniform(0.3, 1.3, (count, 1)) * np.minimum(1, gone / 4)
    across = np.stack([-way[..., 1], way[..., 0]], -1)
    swing = across * (radius * np.sin(phase))[..., None] + way * (0.7 * radius * np.cos(phase))[..., None]
    return np.asarray(path + swing)


def draw(side: int, paths: Points, inks: Floats, widths: npt.NDArray[np.int64]) -> Floats:
    """Curves (N x T x 2, in pixels) of a colour (N x 3) and a width each, on an empty canvas: side x side x 4 in 0..255,
    colours multiplied by their cover, and the cover. Along a strand the light changes, and the tip is thinner."""
    out = np.zeros((side, side, 4), np.float32)
    low = np.floor(paths.min((0, 1)) - 6).clip(0, side).astype(int)
    high = np.ceil(paths.max((0, 1)) + 6).clip(0, side).astype(int)
    wide, tall = high - low
    if wide < 2 or tall < 2:
        return out
    canvas = np.zeros((tall * SCALE, wide * SCALE, 4), np.uint8)
    points = ((paths - low) * SCALE * 8).round().astype(np.int32)
    steps = points.shape[1]
    parts = ((0, steps // 3 + 1, 0.85, 0), (steps // 3, 2 * steps // 3 + 1, 1.15, 0), (2 * steps // 3, steps, 1.0, 1))
    for curve, ink, width in zip(points, inks, widths, strict=True):
        for first, last, light, thinner in parts:
            colour = (*(float(v) for v in np.clip(ink * light, 0, 255)), 255.0)
            cv2.polylines(canvas, [curve[first:last]], False, colour, max(1, int(width) - thinner), cv2.LINE_8, 3)
    out[low[1] : high[1], low[0] : high[0]] = cv2.resize(canvas, (wide, tall), interpolation=cv2.INTER_AREA)
    return out
