"""Things in a composite: behind people and beside them, as a desk before them, and held by them.

Without the first the network learns that whatever stands out from its surroundings is a person: flags, rocks, backs of
chairs. Without the last it learns that no thing is a part of the cut-out: books, cups, helmets.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from scripts.training.data.augment import Pixels, Random
from scripts.training.data.placing import resize

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]


def thing(side: int, texture: Pixels, cutout: Pixels | None, random: Random) -> tuple[Floats, Floats]:
    """RGB in 0..255 (side x side x 3) and cover in 0..1 (side x side): `cutout` (h x w x 4, RGBA) somewhere on the canvas, or
    a made-up shape of `texture` (side x side x 3)."""
    if cutout is not None:
        return stand(side, cutout, random)
    cover = (_board, _lump, _pole, _seat)[random.integers(4)](side, random)
    return _lit(_surface(texture, random), random), cover


def desk(side: int, texture: Pixels, random: Random) -> tuple[Floats, Floats]:
    """The same for a desk, a lectern or a back of a chair: it stands before people, at the lower border."""
    left, right = random.uniform(-0.6, 0.35), random.uniform(0.65, 1.6)
    top = 1 - random.uniform(0.06, 0.3)
    lean = random.normal(0, 0.03)
    inset = random.uniform(0, 0.1)
    corners = [(left + inset, top + lean), (right - inset, top - lean), (right, 1.2), (left, 1.2)]
    return _lit(_surface(texture, random), random), _polygon(side, np.array(corners))


def counter(side: int, texture: Pixels, cover: Floats, row: int, random: Random) -> tuple[Floats, Floats]:
    """The same for what hides the lower end of somebody (cover, side x side, which ends at `row`): a table, a wall, a car."""
    columns = np.flatnonzero(cover.max(0) > 25) / side
    spare = (columns[-1] - columns[0]) * random.uniform(0.05, 0.6, 2) + 0.01
    left, right, top = columns[0] - spare[0], columns[-1] + spare[1], row / side - random.uniform(0.01, 0.06)
    return _lit(_surface(texture, random), random), _polygon(
        side, np.array([(left, top), (right, top), (right, 1.2), (left, 1.2)])
    )


def held(side: int, texture: Pixels, cutout: Pixels | None, person: Floats, random: Random) -> tuple[Floats, Floats] | None:
    """The same for a thing before a person: its middle lies on the lower half of the figure (cover in 0..1, side x side).
    None where there is no figure to hold it."""
    rows = np.flatnonzero(person.max(1) > 0.9)
    if len(rows) < side // 4:
        return None
    waist = int(rows[0]) + len(rows) // 2
    inside = np.argwhere(person[waist::4, ::4] > 0.9)
    if len(inside) == 0:
        return None
    middle = inside[random.integers(len(inside))] * 4 + (waist, 0)
    wide = float(np.percentile((person > 0.5).sum(1)[rows], 75))
    reach = np.clip(wide * random.uniform(0.12, 0.4), side / 32, side / 5)
    if cutout is not None:
        height = max(4, int(2 * reach))
        width = max(4, int(height * cutout.shape[1] / cutout.shape[0]))
        return put(side, cutout, (height, width), (int(middle[1] - width / 2), int(middle[0] - height / 2)), random)
    half, turn = reach * np.exp(random.normal(0, 0.3, 2)) / side, random.normal(0, 0.4)
    if random.random() < 0.25:  # the neck of a guitar, a racket, an umbrella: it sticks out of the figure
        half, turn = half * (2.2, 0.35), random.uniform(0, np.pi)
    elif random.random() < 0.5:
        return _ball(side, middle[::-1] / side, half, random)
    outline = _turned(_corners(middle[::-1] / side, half, random), turn)
    return _lit(_surface(texture, random), random), _polygon(side, outline)


def _ball(side: int, middle: Points, half: Points, random: Random) -> tuple[Floats, Floats]:
    """A helmet, a ball, a pan: round and glossy, mostly dark, with a highlight. Sizes in 0..1 of the canvas."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    rounded = np.stack([np.cos(angle), np.sin(angle)], 1)
    colour = _paled(random.uniform(0, 255, (1, 1, 3)).astype(np.float32), random) * (0.15 if random.random() < 0.6 else 1)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    lamp = middle + half * random.uniform(-0.7, 0.7, 2)
    away = np.hypot(x - lamp[0], y - lamp[1]) / half.mean()
    spot = np.clip(1.5 - away / random.uniform(0.05, 0.3), 0, 1) * random.uniform(0, 1)
    shine = np.clip(1 - away / 2, 0, 1) * random.uniform(0, 60)
    surface = np.clip(colour * 0.9 + shine[..., None] + 255 * spot[..., None], 0, 255)
    return np.asarray(surface, np.float32), _polygon(side, middle + half * rounded)


def stand(side: int, cutout: Pixels, random: Random) -> tuple[Floats, Floats]:
    """A cut-out of 12 to 75 % of the canvas's height, mostly standing low."""
    height = int(side * random.uniform(0.12, 0.75))
    width = max(4, int(height * cutout.shape[1] / cutout.shape[0] * np.exp(random.normal(0, 0.15))))
    mirrored = np.ascontiguousarray(cutout[:, :: random.choice([-1, 1])])
    x, y = int(random.uniform(-0.3 * width, side - 0.7 * width)), int(random.uniform(0, 1) ** 0.5 * side - 0.7 * height)
    return put(side, mirrored, (height, width), (x, y), random)


def put(side: int, cutout: Pixels, size: tuple[int, int], corner: tuple[int, int], random: Random) -> tuple[Floats, Floats]:
    """A cut-out at a size (height, width) with its upper left corner at (x, y) of the canvas, which may lie outside."""
    (height, width), (x, y) = size, corner
    sized = resize(cutout, height, width)
    canvas = np.zeros((side, side, 4), np.float32)
    into = canvas[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    into[:] = sized[max(-y, 0) :, max(-x, 0) :][: into.shape[0], : into.shape[1]]
    return _paled(canvas[..., :3], random), canvas[..., 3] / np.float32(255)


def _board(side: int, random: Random) -> Floats:
    """A quadrilateral with a wavy outline: a flag, a picture, a shelf, the back of a chair."""
    middle, half = random.uniform(0, 1, 2), random.uniform(0.06, 0.35, 2)
    corners = _corners(middle, half, random)
    outline = np.concatenate([np.linspace(corners[k], corners[(k + 1) % 4], 24, endpoint=False) for k in range(4)])
    wave = random.uniform(0, 0.02) * (random.random() < 0.5)
    phase = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
    turns = random.integers(1, 9, 2)
    return _polygon(side, outline + wave * np.stack([np.sin(turns[0] * phase), np.cos(turns[1] * phase)], 1))


def _corners(middle: Points, half: Points, random: Random) -> Points:
    """A quadrilateral, nearly a rectangle, by its middle and half its size: 4 x 2, x and y in 0..1 of the canvas."""
    unit = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    return np.asarray(middle + half * unit * random.uniform(0.75, 1, (4, 2)))


def _turned(outline: Points, angle: float) -> Points:
    """About its middle, by radians."""
    middle, (c, s) = outline.mean(0), (np.cos(angle), np.sin(angle))
    return np.asarray((outline - middle) @ np.array([(c, s), (-s, c)]) + middle)


def _lump(side: int, random: Random) -> Floats:
    """A closed curve with bumps, more or less ragged: a rock, a cushion, a bush, a plant."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    ragged = random.random() < 0.4
    waves = np.arange(1, 40 if ragged else 7)
    strength = random.normal(0, 0.25, len(waves)) / waves ** (0.8 if ragged else 1.3)
    radius = 1 + (strength[:, None] * np.sin(waves[:, None] * angle + random.uniform(0, 2 * np.pi, (len(waves), 1)))).sum(0)
    reach = random.uniform(0.06, 0.32, 2)
    outline = np.stack([np.cos(angle), np.sin(angle)], 1) * np.clip(radius, 0.3, 2)[:, None] * reach
    return _polygon(side, outline + random.uniform([0, 0.3], [1, 1.1]))


def _seat(side: int, random: Random) -> Floats:
    """A rounded shape that rises from the lower border: an armchair, a sofa, a bed's head, a car's seat."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    rounded = np.sign(circle) * np.abs(circle) ** random.uniform(0.2, 0.7)
    middle = (random.normal(0.5, 0.25), random.uniform(0.95, 1.15))
    return _polygon(side, _turned(middle + rounded * random.uniform([0.12, 0.2], [0.6, 0.75]), random.normal(0, 0.06)))


def _pole(side: int, random: Random) -> Floats:
    """A bar across the picture: a lamp post, a door frame, a railing; a broad one is a curtain, a door, a cupboard."""
    ends = np.array([(random.uniform(0, 1), -0.1), (0, 1.1)])
    ends[1, 0] = ends[0, 0] + random.normal(0, 0.15)
    if random.random() < 0.3:
        ends = ends[:, ::-1]
    wide = random.uniform(0.006, 0.05) if random.random() < 0.6 else random.uniform(0.05, 0.25)
    way = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    across = np.array([-way[1], way[0]]) * wide
    return _polygon(side, np.array([ends[0] - across, ends[0] + across, ends[1] + across, ends[1] - across]))


def _polygon(side: int, outline: Points) -> Floats:
    """Cover of a closed outline (n x 2, x and y in 0..1 of the canvas), its edge smooth."""
    cover = np.zeros((side, side), np.uint8)
    points = np.clip(outline * side * 16, -(2**20), 2**20).round().astype(np.int32)
    cv2.fillPoly(cover, [points], 255, cv2.LINE_AA, shift=4)
    return cover.astype(np.float32) / np.float32(255)


def _surface(texture: Pixels, random: Random) -> Floats:
    """The texture as it is, stripes of plain colours, cloth, or nearly one colour."""
    side = texture.shape[0]
    kind = random.random()
    if kind < 0.35:
        return texture.astype(np.float32)
    if kind < 0.55:
        return _cloth(side, random)
    if kind < 0.75:
        colours = _paled(random.uniform(0, 255, (1, random.integers(2, 9), 3)).astype(np.float32), random)[0]
        turn = random.uniform(0, np.pi)
        y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
        band = ((x * np.cos(turn) + y * np.sin(turn)) * random.uniform(4, 30)).astype(int) % len(colours)
        return np.asarray(colours[band], np.float32)
    plain = _paled(random.uniform(0, 255, (1, 1, 3)).astype(np.float32), random)
    return np.asarray(plain + (texture.astype(np.float32) - texture.mean((0, 1))) * random.uniform(0.05, 0.4), np.float32)


def _cloth(side: int, random: Random) -> Floats:
    """One colour in folds that hang more or less straight: a curtain, a cover, a coat on a hook."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    across = x + random.normal(0, 0.15) * y + random.uniform(0, 0.03) * np.sin(y * random.uniform(2, 9) + random.uniform(0, 6))
    folds = np.zeros((side, side), np.float32)
    for _ in range(4):
        folds += random.uniform(0.2, 1) * np.sin(across * random.uniform(8, 120) + random.uniform(0, 2 * np.pi))
    colour = _paled(random.uniform(10, 240, (1, 1, 3)).astype(np.float32), random)
    return np.asarray(colour * (1 + random.uniform(0.03, 0.2) * folds)[..., None], np.float32)


def _paled(colours: Floats, random: Random) -> Floats:
    """Less saturated, mostly: h x w x 3."""
    grey = colours.mean(2, keepdims=True)
    return np.asarray(grey + (colours - grey) * random.uniform(0.1, 1), np.float32)


def _lit(surface: Floats, random: Random) -> Floats:
    """Light from one side."""
    side = surface.shape[0]
    turn, depth = random.uniform(0, 2 * np.pi), random.uniform(0, 0.5)
    ramp = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    light = 1 + depth * (np.cos(turn) * ramp[None, :] + np.sin(turn) * ramp[:, None])
    return np.asarray(np.clip(surface * light[..., None], 0, 255), np.float32)
