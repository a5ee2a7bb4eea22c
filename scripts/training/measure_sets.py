"""Several networks side by side on the sets that decide whether weights are published: to choose checkpoints and shares.

    .venv/bin/python -m scripts.training.measure_sets --work DIR modnet.onnx models/portrait/portrait.onnx ...

A checkpoint (.pt of the training loop, .npz) can stand in place of an ONNX file. FILE@0.4 is 0.4 of the way from the published
weights to it. Needs a --work that scripts.training.prepare has filled.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2

from scripts.training.data.prepare import read_index
from scripts.training.steps import checkpoint, export, loop, report, validate
from scripts.training.train import ROOT, published


def matte_of(name: str, out: Path, scratch: Path) -> validate.Matte:
    """Of an ONNX file, a checkpoint, or what lies between the weights in `out` and a checkpoint."""
    file, _, share = name.partition("@")
    if Path(file).suffix == ".onnx":
        return validate.onnx_matte(Path(file))
    before, after = published(out), loop.Student()
    checkpoint.load(after, Path(file))
    export.write_onnx(loop.between(before, after, float(share or 1)).network, scratch)
    return validate.onnx_matte(scratch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="ONNX files, checkpoints, or checkpoint@share")
    parser.add_argument("--work", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "portrait", help="the published weights")
    parser.add_argument("--sets", nargs="+", default=list(report.DECISIVE), choices=list(report.DECISIVE))
    parser.add_argument("--sheets", type=Path, help="a folder for pictures of the first 16 of each set")
    options = parser.parse_args()
    cv2.setNumThreads(0)
    cache, entries = options.work / "cache", read_index(options.work)
    with tempfile.TemporaryDirectory() as folder:
        mattes = {n: matte_of(n, options.out, Path(folder) / f"{k}.onnx") for k, n in enumerate(options.files)}
        print("| Set | network | MAD x1e3 | edge x1e3 | Grad /1e3 | IoU | worst tenth's MAD |\n|---|---|---|---|---|---|---|")
        for key in options.sets:
            samples = report.DECISIVE[key].samples(cache, entries)
            for name, matte in mattes.items() if samples else ():
                s = validate.evaluate(matte, samples)
                row = f"{s.mad:.2f} | {s.band:.1f} | {s.grad:.3f} | {s.iou:.4f} | {s.worst:.1f}"
                print(f"| {len(samples)} {report.DECISIVE[key].name} | {name} | {row} |", flush=True)
            if samples and options.sheets:
                validate.sheet(mattes, samples[:16], options.sheets / f"{key}.png")


if __name__ == "__main__":
    main()
