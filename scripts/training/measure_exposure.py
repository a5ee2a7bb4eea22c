"""Does it help to equalise what the network sees of very dark and overexposed photos? Prints the model card's table.

    .venv/bin/python -m scripts.training.measure_exposure --data DIR --work DIR

Validation photos are exposed anew, in linear light, with read noise and clipping; then the network sees them as they are, or
equalised in five ways. Alpha stays what it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from scripts.training.data import prepare
from scripts.training.data.augment import Pixels
from scripts.training.steps import validate

ROOT = Path(__file__).resolve().parents[2]
STOPS = (-5, -4, -3, -2, 0, 1, 1.5, 2, 2.5)
COMPOSITES, PHOTOS = 32, 24
LEVELS = np.arange(256)


def exposed(photo: Pixels, stops: float, seed: int) -> Pixels:
    """H x W x 3 sRGB, so many stops darker or brighter than it was taken; noise where it was too dark."""
    light = (photo / 255.0) ** 2.2 * 2.0**stops
    if stops < 0:
        light += np.random.default_rng(seed).normal(0, 0.002, photo.shape)
    return np.asarray((np.clip(light, 0, 1) ** (1 / 2.2) * 255).round(), np.uint8)


def mapped(photo: Pixels, table: np.ndarray) -> Pixels:
    return np.asarray(cv2.LUT(photo, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


def luma(photo: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), np.uint8)


def gamma(photo: Pixels) -> Pixels:
    """The mean brought to 110."""
    mean = np.clip(luma(photo).mean(), 3, 252) / 255
    return mapped(photo, (LEVELS / 255) ** (np.log(110 / 255) / np.log(mean)) * 255)


def stretch(photo: Pixels) -> Pixels:
    """The darkest and brightest half per cent to black and white."""
    low, high = np.percentile(luma(photo), [0.5, 99.5])
    return mapped(photo, (LEVELS - low) / max(high - low, 1) * 255)


def gain(photo: Pixels) -> Pixels:
    """The brightest per cent to 240, by a factor of at most 12."""
    return mapped(photo, LEVELS * min(240 / max(np.percentile(luma(photo), 99), 4), 12))


def local(photo: Pixels) -> Pixels:
    """Contrast-limited adaptive histogram equalisation of the lightness (Zuiderveld, 1994)."""
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(3, (8, 8)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


WAYS: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda photo: photo,
    "gamma": gamma,
    "stretched": stretch,
    "gain": gain,
    "stretched, then gamma": lambda photo: gamma(stretch(photo)),
    "CLAHE": local,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--work", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portrait" / "portrait.onnx")
    options = parser.parse_args()
    entries, cache = prepare.prepare(options.data, options.work), options.work / "cache"
    matte = validate.onnx_matte(options.model)
    samples = [*validate.exact_composites(cache, entries)[:COMPOSITES], *validate.real_photos(cache, entries)[:PHOTOS]]
    print(f"| Stops | mean level | {' | '.join(WAYS)} |\n|---|---|{'---|' * len(WAYS)}")
    for stops in STOPS:
        photos = [exposed(sample.photo, stops, number) for number, sample in enumerate(samples)]
        cells = []
        for way in WAYS.values():
            scores = [
                validate.score(matte(way(photo), "stretch"), sample.alpha.astype(np.float32) / np.float32(255))
                for photo, sample in zip(photos, samples, strict=True)
            ]
            mad, band, *_ = np.mean(scores, 0)
            cells.append(f"{mad:.1f}, {band:.0f}")
        print(f"| {stops:+g} | {np.mean([luma(photo).mean() for photo in photos]):.0f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
