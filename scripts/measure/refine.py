"""Error of refine on drawn hair at 2, 12 and 24 MP, for several radii and epsilons: a table for matting/README.md.

    .venv/bin/python -m scripts.measure.refine

Needs the test installation, as ./scripts/test makes it.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from matting import refine
from matting.photo import F32, Photo
from tests.matting.test_refine import seen_by_network, strands

SIDES = {"2 MP": 1414, "12 MP": 3464, "24 MP": 4899}
BLUR = 1.0  # of the true matte at the network's size, in its pixels: what a network does not resolve


def error(result: F32, truth: F32) -> float:
    """Mean of |alpha - truth| x 1000 in the unknown band: 0.02 < truth < 0.98, widened by 5 pixels."""
    band = cv2.dilate(((truth > 0.02) & (truth < 0.98)).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    return float(np.abs(result - truth)[band].mean() * 1000)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rows: dict[str, list[float]] = {}
    for side in SIDES.values():
        rgb, truth = strands(side)
        small, size = seen_by_network(truth, BLUR), (side, side)
        for name, mode in (("bilinear", cv2.INTER_LINEAR), ("bicubic", cv2.INTER_CUBIC)):
            enlarged = np.clip(cv2.resize(small, size, interpolation=mode), 0, 1)
            rows.setdefault(name, []).append(error(np.asarray(enlarged, np.float32), truth))
        for refine.RADIUS, refine.EPSILON in ((1, 1e-5), (2, 1e-5), (3, 1e-5), (4, 1e-5), (2, 1e-4), (2, 1e-3)):
            refined = np.asarray(refine.refine(small, Photo(rgb)) / 255, np.float32)
            name = f"refine r={refine.RADIUS} eps={refine.EPSILON:g}"
            rows.setdefault(name, []).append(error(refined, truth))
    print("| Method |", " | ".join(SIDES), "|")
    print("|---" * (1 + len(SIDES)) + "|")
    for name, errors in rows.items():
        print(f"| {name} |", " | ".join(f"{value:.1f}" for value in errors), "|")


if __name__ == "__main__":
    main()
