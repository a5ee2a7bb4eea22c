"""Sample photos for the demo: astronaut Eileen Collins (NASA) and the cameraman, both free to use, out of scikit-image.

demo_photos.py OUT writes OUT/photos; demo_photos.py OUT --sheet puts photo, matte and cut-out side by side in OUT/sheet.jpg.
"""

from __future__ import annotations

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


if __name__ == "__main__":
    if sys.argv[2:] == ["--sheet"]:
        write_sheet(Path(sys.argv[1]))
    else:
        write_photos(Path(sys.argv[1]) / "photos")
