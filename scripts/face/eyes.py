"""How surely closed eyes are told from open ones: python -m scripts.face.eyes FOLDER ... [--number 60]

Of each folder so many portraits, evenly taken; of each face also a copy whose lids are drawn down. What is open in a portrait
is not looked at by anybody: squinting, laughing and closed eyes among them count as open.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from matting.decode import decode
from matting.face import look
from matting.face.finder import find_faces
from matting.face.shipped import shipped_faces
from matting.face.values import Face, Look
from matting.photo import U8, Limits

_EYES = ((33, 133, 159, 145, 105), (263, 362, 386, 374, 334))  # outer, inner corner, upper, lower lid, brow
_LEAST_EYES, _MOST_YAW = 30.0, 25.0


def closed_eyes(rgb: U8, face: Face) -> U8:
    """The same picture (HxWx3), the skin between brow and lid drawn down over each eye to its lower lid."""
    rows, columns = np.mgrid[0 : rgb.shape[0], 0 : rgb.shape[1]].astype(np.float32)
    source = rows.copy()
    for outer, inner, upper, lower, brow in _EYES:
        points = face.points[:, :2]
        centre, half = (points[outer, 0] + points[inner, 0]) / 2, abs(points[outer, 0] - points[inner, 0]) * 0.75
        above, top, bottom = points[brow, 1], points[upper, 1] - 1, points[lower, 1] + 1
        start = above + (top - above) * 0.35
        share = np.clip((rows - start) / (bottom - start), 0, 1)
        drawn = start + share * (top - 1 - start)
        strength = np.clip(1.3 * (1 - ((columns - centre) / half) ** 2), 0, 1)
        within = (rows >= start) & (rows <= bottom)
        source = np.where(within, (1 - strength) * source + strength * drawn, source)
    return np.asarray(cv2.remap(rgb, columns, source.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


def looks(path: Path) -> tuple[Look, Look] | None:
    """As it is, and with its lids drawn down; None where no face is found, or one that is refused anyway."""
    rgb = decode(path.read_bytes(), Limits()).rgb
    whole = np.full(rgb.shape[:2], 255, np.uint8)
    faces = find_faces(rgb, whole, shipped_faces())
    if not faces or faces[0].eye_distance < _LEAST_EYES or abs(faces[0].yaw) > _MOST_YAW:
        return None
    shut = closed_eyes(rgb, faces[0])
    again = find_faces(shut, whole, shipped_faces())
    if not again:
        return None
    return look.measured(rgb, faces[0], shipped_faces()), look.measured(shut, again[0], shipped_faces())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--number", type=int, default=60)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    pairs: list[tuple[Look, Look]] = []
    for folder in given.folders:
        there = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png", ".webp"))
        for index in np.linspace(0, len(there) - 1, min(given.number, len(there))):
            if (found := looks(there[int(index)])) is not None:
                pairs.append(found)
    print(f"{len(pairs)} faces")
    for words, taken in (
        ("refused: openness below 0.17", lambda each: each.open < 0.17),
        ("refused: that, or white below 3", lambda each: each.open < 0.17 or each.white < 3),
        ("advice: openness below 0.20", lambda each: each.open < 0.20),
        ("advice: that, or white below 5", lambda each: each.open < 0.20 or each.white < 5),
        ("by the white alone, below 3", lambda each: each.white < 3),
        ("by the white alone, below 8", lambda each: each.white < 8),
    ):
        shares = [sum(bool(taken(pair[which])) for pair in pairs) / len(pairs) for which in (0, 1)]
        print(f"{words}: {shares[0]:.1%} as they are, {shares[1]:.1%} with drawn lids")


if __name__ == "__main__":
    main()
