"""Strands in a sample: hair that grows out of a person, and wires, twigs, grass and other people's hair, which do not.

A sample has an equal share of both. Where strands that are not the person's come nearer than GAP, nobody could tell whose they
are, so there are none.
"""

from __future__ import annotations

import cv2
import numpy as np

from scripts.training.data.augment import Pixels, Random
from scripts.training.data.strands import (
    PALETTE,
    STYLES,
    Floats,
    Points,
    Roots,
    Style,
    choose,
    curves,
    draw,
    look,
    outline,
)

SHARES = {"flyaways": 0.2, "afro": 0.25, "curls": 0.2, "long": 0.1, "frizz": 0.15, "locs": 0.1}
GAP = 15  # pixels on a canvas of 512
WIRE = Style((1, 7), 600, 0.004, 6.0, 0.0, (2, 3, 4, 6, 9))
BLADES = Style((20, 150), 80, 0.02, 2.0, 0.3, (2, 3, 4, 6), 1)


def head(cover: Pixels) -> tuple[int, int, float] | None:
    """First row, last row and width of the head of a silhouette (H x W, above 127 is inside): down to where it is narrowest
    before it gets wider. Guessed from the width where no neck shows; None without a silhouette."""
    widths = (cover > 127).sum(1).astype(np.float64)
    rows = np.flatnonzero(widths)
    if len(rows) < 12:
        return None
    top, tall, widest = int(rows[0]), int(rows[-1]) - int(rows[0]), 0.0
    slender = tall > 2 * widths.max()  # a whole body: about seven heads high
    for row in range(top, top + int(tall * (0.25 if slender else 0.6))):
        widest = max(widest, widths[row])
        if row - top > 0.6 * widest and widths[row] < 0.8 * widest:
            ahead = widths[row : row + max(2, int(0.5 * widest))]
            return top, row + int(ahead.argmin()), widest
    wide = float(np.median(widths[top : top + max(2, tall // (9 if slender else 4))]))
    return top, top + min(tall, int(1.3 * wide)), wide


def grow(photo: Pixels, alpha: Pixels, random: Random) -> Floats | None:
    """Hair for the person in a photo (S x S x 3) with its alpha (S x S): S x S x 4 as strands.draw gives it, to be laid over
    both. None where there is no head to grow it on."""
    side, found, shape = alpha.shape[0], head(alpha), outline(alpha)
    if found is None or shape is None:
        return None
    top, neck, wide = found
    low = neck if random.random() < 0.75 else neck + int(random.uniform(0, 1) * (neck - top))
    points = shape.points
    usable = np.flatnonzero((points[:, 1] < low) & (points > 4).all(1) & (points < side - 5).all(1))
    if len(usable) < 30:
        return None
    if random.random() < 0.4:  # a part of the head only
        first, many = random.integers(len(usable)), int(len(usable) * random.uniform(0.3, 1))
        usable = np.take(usable, np.arange(first, first + many), mode="wrap")
    kept = Roots(points[usable], shape.ways[usable])
    style = STYLES[str(random.choice(list(SHARES), p=list(SHARES.values())))]
    size = float(np.clip(wide / 160, 0.3, 1.4)) * random.uniform(0.7, 1.4) * side / 512
    count = int(random.integers(*style.count) * np.clip(len(usable) / 500, 0.1, 1.5))
    roots = choose(kept, style, max(3, count), random)
    return _strands(side, roots, style, size, hair_colours(photo, kept, roots, random), random)


def hair_colours(photo: Pixels, head: Roots, roots: Roots, random: Random) -> Floats:
    """N x 3 in 0..255: mostly the colour just inside the upper outline, that of the place mixed in; or of another hair."""
    inside = look(photo, head.points - head.ways * random.uniform(4, 14, (len(head.points), 1)))
    upper = head.points[:, 1] <= np.median(head.points[:, 1])
    base = np.median(inside[upper], 0)
    here = look(photo, roots.points - roots.ways * random.uniform(3, 12, (len(roots.points), 1)))
    inks = base + (here - base) * random.uniform(0, 0.6)
    kind = random.random()
    if kind < 0.3:
        base = PALETTE[random.integers(len(PALETTE))] * np.exp(random.normal(0, 0.2))
        inks = base + (inks - inks.mean(0)) * 0.2
    elif kind < 0.45:
        inks = inks * 0.3
    lights = np.exp(random.normal(0, 0.2, (len(inks), 1)))
    return np.asarray(inks * lights * np.exp(random.normal(0, 0.12)), np.float32).clip(0, 255)


def litter(photo: Pixels, alpha: Pixels, random: Random) -> Floats | None:
    """Strands that are not the person's, for the same two: hair and blades away from the person, to be laid over the photo."""
    side, style = alpha.shape[0], STYLES[str(random.choice(list(SHARES), p=list(SHARES.values())))]
    if random.random() < 0.3:
        found = outline(np.roll(alpha, tuple(int(n) for n in random.integers(-side // 2, side // 2, 2)), (0, 1)))
    else:
        found = outline(_blobs(side, random))
    if random.random() < 0.4:
        style = BLADES
    if found is None:
        return None
    size = random.uniform(0.4, 1.5) * side / 512
    roots = choose(found, style, int(random.integers(*style.count)), random)
    inks = look(photo, random.uniform(0, side, roots.points.shape)) * np.float32(random.uniform(0.3, 1.2))
    if random.random() < 0.5:
        inks = np.repeat(PALETTE[random.integers(len(PALETTE))][None], len(inks), 0) * np.exp(
            random.normal(0, 0.2, (len(inks), 1))
        )
    drawn = _strands(side, roots, style, size, np.asarray(inks, np.float32).clip(0, 255), random)
    gap = int(GAP * side / 512) * 2 + 1
    away = 1 - cv2.GaussianBlur(cv2.dilate(alpha, np.ones((gap, gap), np.uint8)), (0, 0), 2).astype(np.float32) / 255
    return np.asarray(drawn * away[..., None], np.float32)


def wires(side: int, random: Random) -> Floats:
    """Long smooth lines through the whole picture, to lie behind people: cables, twigs, seams, cracks."""
    count = int(random.integers(*WIRE.count))
    points = random.uniform(-0.1, 1.1, (count, 2)) * side
    turn = random.uniform(0, 2 * np.pi, count)
    roots = Roots(points, np.stack([np.cos(turn), np.sin(turn)], 1))
    inks = random.uniform(0, 255, (count, 1)) + random.normal(0, 20, (count, 3))
    return _strands(side, roots, WIRE, side / 512, np.asarray(inks, np.float32).clip(0, 255), random)


def lay(drawn: Floats, photo: Floats) -> Floats:
    """The photo (S x S x 3) with strands over it."""
    return np.asarray(photo * (1 - drawn[..., 3:] / np.float32(255)) + drawn[..., :3], np.float32)


def join(drawn: Floats, alpha: Floats) -> Floats:
    """Alpha (S x S in 0..255) with strands that belong to the person."""
    return np.asarray(alpha + (255 - alpha) * drawn[..., 3] / np.float32(255), np.float32)


def _blobs(side: int, random: Random) -> Pixels:
    """Some ellipses to grow strands on: S x S, 0 or 255."""
    plane = np.zeros((side, side), np.uint8)
    for _ in range(random.integers(1, 4)):
        middle, half = random.integers(0, side, 2), random.integers(side // 20, side // 4, 2)
        cv2.ellipse(plane, middle.tolist(), half.tolist(), float(random.uniform(0, 180)), 0, 360, 255, -1)
    return plane


def _strands(side: int, roots: Roots, style: Style, size: float, inks: Floats, random: Random) -> Floats:
    """Drawn, a little thinner than opaque, and sometimes out of focus."""
    paths: Points = curves(roots, style, size, random)
    drawn = draw(side, paths, inks, random.choice(style.widths, len(inks)))
    if random.random() < 0.3:
        drawn = np.asarray(cv2.GaussianBlur(drawn, (0, 0), random.uniform(0.4, 0.9)), np.float32)
    return drawn * np.float32(random.uniform(0.75, 1))
