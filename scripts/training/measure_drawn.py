"""Drawn people that no training saw, in places that none saw, by what they show and by their looks: a table and a sheet.

    .venv/bin/python -m scripts.training.measure_drawn --data DIR --work DIR --teacher modnet.onnx [--sheet FILE.jpg]

Their alpha is exact, spokes and thin cloth included (scripts.training.render_people). They are drawings: they show what
becomes of such shapes, and not how photos of such people come out. WORK/sheets/drawn-KIND.png: photo, alpha, ours, the
teacher's.
--sheet keeps four of each kind in the same way, before walls and pictures in the public domain (scikit-image's).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import skimage.data

from scripts.training.data import prepare
from scripts.training.render_people.poses import KINDS, looks
from scripts.training.steps import report, validate

ROOT = Path(__file__).resolve().parents[2]
SKINS = {"African skin": 0, "Asian skin": 1, "European skin": 2}  # the largest of MakeHuman's three shares


def shows(entry: prepare.Entry, what: str) -> bool:
    """Whether a drawn person is of a kind, or of a skin."""
    kind, number = entry.stem.split("_")
    if what in KINDS:
        return kind == what
    shares = looks(kind, np.random.default_rng(int(number))).races
    return int(np.argmax(shares)) == SKINS[what]


def only(entries: list[prepare.Entry], what: str) -> list[prepare.Entry]:
    """The entries without the drawn people that are not of it."""
    return [e for e in entries if e.kind != "rendered" or shows(e, what)]


def free_places(cache: Path) -> list[prepare.Entry]:
    """Pictures without people that may be shown to anybody, prepared as places; none is in the training."""
    places = []
    for name in ("brick", "coffee", "gravel", "rocket"):
        picture = getattr(skimage.data, name)()
        np.save(cache / f"free_{name}.npy", picture if picture.ndim == 3 else np.dstack([picture] * 3))
        places.append(prepare.Entry("background", name, name, True, f"free_{name}.npy"))
    return places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--work", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--teacher", type=Path, required=True, help="modnet.onnx")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portrait" / "portrait.onnx")
    parser.add_argument("--sheet", type=Path, help="where the sheet goes")
    options = parser.parse_args()
    cv2.setNumThreads(0)
    cache, entries = options.work / "cache", prepare.prepare(options.data, options.work)
    mattes = {"ours": validate.onnx_matte(options.model), "MODNet": validate.onnx_matte(options.teacher)}
    print(f"| Drawn | people | our {report.FIGURES} | MODNet's {report.FIGURES} |")
    print(f"|{'---|' * 12}")
    for what in (*KINDS, *SKINS):
        kept = only(entries, what)
        people = sum(e.kind == "rendered" and e.validation for e in kept)
        pictures = validate.drawn_composites(cache, kept)
        cells = " | ".join(report.cell(validate.evaluate(matte, pictures)) for matte in mattes.values())
        print(f"| {what} | {people} | {cells} |", flush=True)
        validate.sheet(mattes, pictures[:16], options.work / "sheets" / f"drawn-{what.split()[0]}.png")
    if options.sheet:
        seen = [e for e in entries if e.kind == "rendered"] + free_places(cache)
        shown = [picture for kind in KINDS for picture in validate.drawn_composites(cache, only(seen, kind))[:4]]
        validate.sheet(mattes, shown, options.sheet)


if __name__ == "__main__":
    main()
