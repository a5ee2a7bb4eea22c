"""Groups of one to four people, put together from people and places that no training saw: the model card's table and a sheet.

    .venv/bin/python -m scripts.training.measure_groups --data DIR --work DIR --teacher modnet.onnx

Half of the people have exact alpha, the others the teacher's matte, which favours the teacher. WORK/sheets/groups.png shows
photo, alpha, ours and the teacher's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from scripts.training.data import prepare
from scripts.training.data.composites import Composer
from scripts.training.data.scene import Scene
from scripts.training.network import SIDE
from scripts.training.steps import report, validate

ROOT = Path(__file__).resolve().parents[2]
EACH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--work", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--teacher", type=Path, required=True, help="modnet.onnx")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portrait" / "portrait.onnx")
    options = parser.parse_args()
    cv2.setNumThreads(0)
    entries = prepare.prepare(options.data, options.work)
    unseen = [entry for entry in entries if entry.validation and entry.kind != "rendered"]
    composer = Composer(options.work / "cache", unseen, SIDE, seed=12)
    mattes = {"ours": validate.onnx_matte(options.model), "MODNet": validate.onnx_matte(options.teacher)}
    shown = []
    print(f"| People | pictures | our {report.FIGURES} | MODNet's {report.FIGURES} |")
    print(f"|{'---|' * 12}")
    for people in (1, 2, 3, 4):
        groups = [composer.composite(np.random.default_rng((12, people, n)), Scene(people)) for n in range(EACH)]
        cells = " | ".join(report.cell(validate.evaluate(matte, groups)) for matte in mattes.values())
        print(f"| {people} | {EACH} | {cells} |", flush=True)
        shown += groups[:8]
    validate.sheet(mattes, shown, options.work / "sheets" / "groups.png")


if __name__ == "__main__":
    main()
