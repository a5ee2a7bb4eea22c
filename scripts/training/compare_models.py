"""Compare our network with others on composites whose alpha is known: people and places that no training saw.

    .venv/bin/python -m scripts.training.compare_models --data DIR --work DIR \\
        --modnet FILE --isnet FILE --u2net FILE --mediapipe PYTHON

Each network runs in the whole path of a photo, with the same code (`edge-matting evaluate`); mediapipe's selfie model, which
is no ONNX, is run by its own package, and its mattes are enlarged to the photo. Rivals that are not named are left out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import cv2

from scripts.training.data import prepare
from scripts.training.steps import validate

ROOT = Path(__file__).resolve().parents[2]
MEDIAPIPE = """
import sys, pathlib, cv2, mediapipe
selfie = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
for photo in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    mask = selfie.process(cv2.imread(str(photo))[..., ::-1].copy()).segmentation_mask
    cv2.imwrite(f"{sys.argv[2]}/{photo.stem}.png", (mask.clip(0, 1) * 255).round().astype("uint8"))
"""
# File, and the numbers with which each was trained.
ADOPTED = {
    "modnet": ("MODNet", []),
    "isnet": ("IS-Net", ["--mean", "128", "--std", "256"]),
    "u2net": ("U2-Net", ["--mean", "123.675", "116.28", "103.53", "--std", "58.395", "57.12", "57.375"]),
}


def write_set(data: Path, work: Path, out: Path) -> None:
    """out/photos/*.jpg and out/alphas/*.png: the composites of the model card, 512x512 and 512x768."""
    entries = prepare.prepare(data, work)
    samples = [*validate.exact_composites(work / "cache", entries), *validate.upright_composites(work / "cache", entries)]
    for folder in ("photos", "alphas"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        jpeg = [cv2.IMWRITE_JPEG_QUALITY, 95]
        cv2.imwrite(str(out / "photos" / f"{number:03d}.jpg"), sample.photo[..., ::-1], jpeg)
        cv2.imwrite(str(out / "alphas" / f"{number:03d}.png"), sample.alpha)


def ours(*words: object) -> None:
    """One command of the product."""
    subprocess.run([sys.executable, "-m", "edge.cli", *map(str, words)], cwd=ROOT, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--work", type=Path, required=True, help="as for scripts.training.train")
    for name, (title, _) in ADOPTED.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"{title}'s ONNX file")
    parser.add_argument("--mediapipe", type=Path, metavar="PYTHON", help="a Python that has mediapipe")
    options = parser.parse_args()
    out = (options.work / "comparison").resolve()
    write_set(options.data, options.work, out)
    models = [ROOT / "models" / "portrait"]
    for name, (title, numbers) in ADOPTED.items():
        file = getattr(options, name)
        if file is not None:
            models.append(out / name)
            ours("adopt", file.resolve(), models[-1], "--name", title, *numbers)
    mattes = []
    if options.mediapipe is not None:
        mattes = ["--mattes", out / "mediapipe-selfie"]
        mattes[1].mkdir(exist_ok=True)
        subprocess.run([options.mediapipe, "-c", MEDIAPIPE, out / "photos", mattes[1]], check=True)
    ours("evaluate", out / "photos", out / "alphas", "--engine", "cpu", "--model", *models, *mattes)


if __name__ == "__main__":
    main()
