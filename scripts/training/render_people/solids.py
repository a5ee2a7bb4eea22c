"""Simple solids as points and faces: tubes, rings, boxes, balls, and a wheelchair made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.training.render_people.assets import Faces, Floats

Point = Floats | tuple[float, float, float]


@dataclass(frozen=True)
class Solid:
    """points: N x 3, y up; `of` names its material."""

    points: Floats
    faces: Faces
    of: str


def grid_faces(rows: int, columns: int) -> Faces:
    """Quads of a grid of rows x columns points that closes in the columns."""
    return [
        (r * columns + c, r * columns + (c + 1) % columns, (r + 1) * columns + (c + 1) % columns, (r + 1) * columns + c)
        for r in range(rows - 1)
        for c in range(columns)
    ]


def tube(path: list[Point], radius: float, of: str, sides: int = 10) -> Solid:
    """A round bar along a path; its ends are open."""
    spine = np.array(path, float)
    along = np.gradient(spine, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    beside = np.cross(along, np.where(np.abs(along[:, 1:2]) > 0.9, (1.0, 0, 0), (0, 1.0, 0)))
    beside /= np.linalg.norm(beside, axis=1, keepdims=True)
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    around = np.cos(turn)[:, None] * beside[:, None] + np.sin(turn)[:, None] * np.cross(along, beside)[:, None]
    return Solid((spine[:, None] + radius * around).reshape(-1, 3), grid_faces(len(path), sides), of)


def ring(centre: Point, radius: float, thick: float, of: str) -> Solid:
    """A torus in the plane of y and z, as a wheel's tyre."""
    turn = np.linspace(0, 2 * np.pi, 49)
    path: list[Point] = [
        (centre[0], centre[1] + radius * float(np.cos(a)), centre[2] + radius * float(np.sin(a))) for a in turn
    ]
    return tube(path, thick, of)


def box(low: Point, high: Point, of: str) -> Solid:
    """A box along the axes."""
    points = np.array([[(low, high)[(n >> axis) & 1][axis] for axis in range(3)] for n in range(8)], float)
    return Solid(points, [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)], of)


def turned(centre: Point, profile: list[tuple[float, float]], of: str, sides: int = 32) -> Solid:
    """A solid of revolution about y: its profile gives radius and height above the centre."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    rows = [np.stack([r * np.cos(angle), np.full(sides, y), r * np.sin(angle)], 1) for r, y in profile]
    return Solid(np.concatenate(rows) + centre, grid_faces(len(profile), sides), of)


def ball(centre: Point, radius: float, of: str, tall: float = 1.0) -> Solid:
    """A sphere, or an egg where tall is not 1."""
    turn = np.linspace(0, np.pi, 17)
    return turned(centre, [(max(radius * float(np.sin(a)), 1e-4), -radius * tall * float(np.cos(a))) for a in turn], of)


@dataclass(frozen=True)
class Seat:
    """Where somebody sits, in decimetres: height, z of the back and of the knees, half the width."""

    height: float
    back: float
    knees: float
    half: float


def wheelchair(place: Seat, feet: tuple[float, float], top: float, arms: float) -> list[Solid]:
    """A manual wheelchair around somebody who sits. feet: z of the ankles and height of the soles; top and arms: heights of
    the backrest's upper border and of the armrests, in decimetres."""
    seat, back, knees, half = place.height, place.back, place.knees, place.half
    toes, sole = feet
    size = half / 2.3  # of a wheelchair whose seat is 46 cm wide
    wheel, caster = 3.0 * size, 0.9 * size
    hub_y, hub_z = seat - 1.6 * size, back + 0.9 * size
    ground = hub_y - wheel
    out = [
        box((-half, seat - 0.3 * size, back), (half, seat, knees - 0.4), "cloth"),
        box((-half, seat + 0.5 * size, back - 0.25 * size), (half, top, back - 0.05), "cloth"),
    ]
    for side in (-1, 1):
        rail, outer = side * half, side * (half + 0.55 * size)

        def bar(path: list[tuple[float, float]], thick: float, of: str, x: float = rail) -> Solid:
            """A tube beside the seat: its path in y and z."""
            return tube([(x, y, z) for y, z in path], thick * size, of)

        hub, caster_y, caster_z = (outer, hub_y, hub_z), ground + caster, knees - 0.2
        under, low, grip = seat - 0.2 * size, hub_y - 0.6 * size, [(top + 0.2, back - 0.5), (top + 0.2, back - 1.3 * size)]
        rest = (rail * 0.9, sole - 0.1, toes)
        out += [
            ring(hub, wheel, 0.16 * size, "rubber"),
            ring(hub, wheel - 0.22 * size, 0.07 * size, "metal"),
            ring((outer + side * 0.35 * size, hub_y, hub_z), wheel - 0.35 * size, 0.08 * size, "metal"),
            tube([(rail, hub_y, hub_z), (outer + side * 0.2 * size, hub_y, hub_z)], 0.25 * size, "metal"),
            *spokes(hub, wheel - 0.2 * size, 0.022 * size),
            ring((rail, caster_y, caster_z), caster - 0.15 * size, 0.18 * size, "rubber"),
            bar([(caster_y, caster_z), (under, caster_z - 0.3)], 0.14, "frame"),
            bar([(under, back), (under, knees - 0.3)], 0.14, "frame"),
            bar([(low, back), (low, knees - 0.6)], 0.14, "frame"),
            bar([(ground + 2 * size, back), (top, back - 0.15), *grip], 0.14, "frame"),
            bar(grip, 0.2, "rubber"),
            tube([(rail, under, knees - 0.3), (rail, seat - size, knees), rest], 0.13 * size, "frame"),
            bar([(seat, knees - 1.5 * size), (arms - 0.2, knees - 1.5 * size), (arms - 0.2, back)], 0.12, "frame"),
        ]
        inner, wide = sorted((rail * 0.15, rail * 0.9))
        out.append(box((inner, sole - 0.25, toes - 0.4), (wide, sole - 0.05, toes + 1.6 * size), "rubber"))
        inner, wide = rail - 0.25 * size, rail + 0.25 * size
        out.append(box((inner, arms - 0.2, back + 0.6 * size), (wide, arms, knees - 1.3 * size), "rubber"))
    return out


def spokes(hub: Point, length: float, thick: float) -> list[Solid]:
    """Two dozen bars from a hub, in the plane of y and z."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ends = [np.add(hub, (0, length * float(np.cos(angle)), length * float(np.sin(angle)))) for angle in turn]
    return [tube([hub, end], thick, "metal", 5) for end in ends]
