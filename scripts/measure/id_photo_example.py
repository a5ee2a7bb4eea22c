"""Makes the picture of edge/commands/id_photo/README.md: python -m scripts.measure.id_photo_example

The photo is scikit-image's astronaut (NASA, public domain), enlarged four times as in the demo.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from scripts.demo_photos import write_photos

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "edge" / "commands" / "id_photo" / "example.jpg"
_HEIGHT = 480


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_photos(Path(folder, "photos"))
        command = [sys.executable, "-m", "edge.cli", "id-photo", f"{folder}/photos/astronaut.jpg", "--out", folder]
        subprocess.run([*command, "--spec", "jp-passport", "--check"], check=True, cwd=ROOT)
        sheet = ["--spec", "de-passport", "--spec", "cn-1-inch", "--sheet", "10x15cm", "--sheet-format", "jpeg"]
        subprocess.run([*command, *sheet], check=True, cwd=ROOT)
        parts = [_scaled(Path(folder) / name) for name in _files(Path(folder))]
    wide = Image.new("RGB", (sum(part.width for part in parts) + 20 * (len(parts) - 1), _HEIGHT), (210, 210, 210))
    left = 0
    for part in parts:
        wide.paste(part, (left, 0))
        left += part.width + 20
    wide.save(TARGET, quality=88)


def _files(folder: Path) -> list[str]:
    """The report, the finished photo, the sheet."""
    report = next(path.name for path in folder.glob("astronaut*.check.jpg"))
    finished = next(path.name for path in folder.glob("astronaut*-de-passport.jpg"))
    return [report, finished, next(path.name for path in folder.glob("astronaut*.sheet.jpg"))]


def _scaled(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB").resize((round(image.width * _HEIGHT / image.height), _HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
