"""Cut the photos of scripts/training/scene_photos.tsv, lay them side by side for the eye, and count what the eye found.

    .venv/bin/python -m scripts.training.scenes FOLDER [--model DIR]

FOLDER gets the photos (by scripts.training.fetch_photos, where they are missing), the cut-outs, and sheets/SCENE.png: photo,
matte, the person on magenta. In the table, `plain` is a wall, a studio or the sky behind the person, `busy` any other scene,
sharp or blurred. scene_verdicts.tsv holds what was seen on those sheets, photo by photo, and of which model, and the verdict
on MODNet's cut-out of the same photo (--model takes its ONNX with a model.toml); the rates by kind of scene are counted from
it.
The rule, at the size of the sheets:

    good    all people in front, with what they wear and hold, and nothing else; no rim, no hole
    flaw    the same but for a small thing that one has to look for: a soft finger tip, a patch of a fiftieth of the person
    fail    anybody sees at once that something is missing or was taken along
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from matting.model import default_model_dir

ROOT = Path(__file__).resolve().parents[2]
PHOTOS, VERDICTS = (Path(__file__).with_name(name) for name in ("scene_photos.tsv", "scene_verdicts.tsv"))
# The predecessor's kinds, and what its table claims of each; then what it does not speak of.
SCENES = {
    "plain": ({"plain"}, 99.2),
    "busy": ({"busy"}, 94.7),
    "hair": ({"hair"}, 88.3),
    "translucent": ({"translucent", "glasses"}, 76.1),
    "dark or bright": ({"dark", "bright"}, 82.5),
    "groups": ({"group2", "group3", "group4"}, None),
    "held things": ({"held"}, None),
    "light skin": ({"skin-light"}, None),
    "medium skin": ({"skin-medium"}, None),
    "dark skin": ({"skin-dark"}, None),
}
TILE, COLUMNS, MAGENTA = 300, 8, (255, 0, 200)


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def of_scene(scene: str) -> list[str]:
    """The stems of its photos."""
    tags, _ = SCENES[scene]
    return [row["stem"] for row in rows(PHOTOS) if tags & set(row["tags"].split(","))]


def cut(folder: Path, model: Path) -> None:
    """By the product itself; what it refuses stays without a cut-out, and the sheet shows that."""
    words = ["cut", folder / "photos", "--out", folder / "cut", "--mask", "--model", model, "--engine", "cpu"]
    subprocess.run([sys.executable, "-m", "edge.cli", *map(str, words)], cwd=ROOT, check=False)


def fitted(picture: np.ndarray) -> np.ndarray:
    """Within a tile, on grey."""
    scale = TILE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.full((TILE, TILE, 3), 96, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    return tile


def strip(folder: Path, stem: str) -> np.ndarray:
    """Photo, matte, cut-out on magenta, one below the other."""
    photo = cv2.imread(str(next((folder / "photos").glob(f"{stem}.*"))), cv2.IMREAD_COLOR)
    assert photo is not None  # its checksum is the table's
    out = cv2.imread(str(folder / "cut" / f"{stem}.png"), cv2.IMREAD_UNCHANGED)
    if out is None:
        empty = np.zeros_like(fitted(photo))
        tiles = [fitted(photo), empty, empty]
    else:
        alpha = out[..., 3:].astype(np.float32) / 255
        shown = out[..., :3] * alpha + np.array(MAGENTA[::-1], np.float32) * (1 - alpha)
        tiles = [fitted(photo), fitted(np.repeat(out[..., 3:], 3, 2)), fitted(shown.round().astype(np.uint8))]
    cv2.putText(tiles[0], stem, (4, TILE - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 255, 255), 1, cv2.LINE_AA)
    return np.vstack(tiles)


def sheet(folder: Path, stems: list[str], path: Path) -> None:
    strips = [strip(folder, stem) for stem in stems]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % COLUMNS)
    lines = [np.hstack(strips[at : at + COLUMNS]) for at in range(0, len(strips), COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(lines))


def rates() -> Iterator[str]:
    """Lines of the model card's table."""
    ours, modnet = ({row["stem"]: row[column] for row in rows(VERDICTS)} for column in ("verdict", "modnet"))
    yield "| Scene | photos | success | of these, with a flaw | MODNet's | with a flaw | published for the predecessor |"
    yield "|---|---|---|---|---|---|---|"
    for scene, (_, claimed) in SCENES.items():
        stems = of_scene(scene)
        cells = " | ".join(success([verdicts[stem] for stem in stems]) for verdicts in (ours, modnet))
        yield f"| {scene} | {len(stems)} | {cells} | {f'{claimed} %' if claimed else ''} |"


def success(found: list[str]) -> str:
    """Two cells: how many are good or have a flaw, and how many of these have one."""
    flawed = found.count("flaw")
    good = found.count("good") + flawed
    return f"{good}, {100 * good / len(found):.1f} % | {flawed}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photos, cut-outs and sheets")
    parser.add_argument("--model", type=Path, default=default_model_dir(), help="the model folder")
    options = parser.parse_args()
    folder = options.folder.resolve()
    fetch = [sys.executable, "-m", "scripts.training.fetch_photos", str(PHOTOS), str(folder / "photos")]
    subprocess.run(fetch, cwd=ROOT, check=True)
    cut(folder, options.model.resolve())
    for scene in SCENES:
        path = folder / "sheets" / f"{scene.replace(' ', '-')}.png"
        sheet(folder, of_scene(scene), path)
        print(path)
    if VERDICTS.is_file():
        print("\n".join(rates()))


if __name__ == "__main__":
    main()
