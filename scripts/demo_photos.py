"""Sample photos for the demo: astronaut Eileen Collins (NASA) and the cameraman, both free to use, out of scikit-image.

.venv/bin/python -m scripts.demo_photos OUT             writes OUT/photos
.venv/bin/python -m scripts.demo_photos OUT --sheet     puts photo, matte and cut-outs side by side in OUT/sheet.jpg
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from PIL import Image

# name -> file in skimage/data (https://scikit-image.org, its data/README.txt names sources and licences), enlargement
PHOTOS = {"astronaut": ("astronaut.png", 4), "cameraman": ("camera.png", 2)}


def write_photos(folder: Path) -> None:
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        sys.exit("scikit-image, which carries the sample photos, is not installed: run scripts/demo")
    folder.mkdir(parents=True, exist_ok=True)
    for name, (source, factor) in PHOTOS.items():
        with Image.open(Path(spec.origin).parent / "data" / source) as image:
            enlarged = image.convert("RGB").resize((image.width * factor, image.height * factor), Image.Resampling.LANCZOS)
            enlarged.save(folder / f"{name}.jpg", quality=95)


def write_sheet(out: Path) -> None:
    rows = []
    for name in PHOTOS:
        if (out / "transparent" / f"{name}.png").exists():
            paths = [out / "photos" / f"{name}.jpg", out / "transparent" / f"{name}.alpha.png"]
            rows.append([*paths, out / "on-magenta" / f"{name}.jpg", out / "blurred" / f"{name}.jpg"])
    side = 480
    sheet = Image.new("RGB", (side * 4, side * len(rows)))
    for y, row in enumerate(rows):
        for x, path in enumerate(row):
            with Image.open(path) as image:
                sheet.paste(image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), (x * side, y * side))
    sheet.save(out / "sheet.jpg", quality=92)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sheet", action="store_true")
    options = parser.parse_args()
    if options.sheet:
        write_sheet(options.out)
    else:
        write_photos(options.out / "photos")


if __name__ == "__main__":
    main()
