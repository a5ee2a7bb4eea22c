"""The network's alpha of one photo, as numbers, for scripts/prove/arm64-test.

    .venv/bin/python -m scripts.prove.arm64_alpha save FOLDER
    .venv/bin/python -m scripts.prove.arm64_alpha compare FOLDER FOLDER

save writes FOLDER/alpha.npy of FOLDER/photo.jpg: float32, 0..1, before any rounding to 8 bits. It imports nothing but the
product: in the arm64 root, where there is no checkout, this file is run alone. compare takes two such folders, and the 8-bit
masks photo.alpha.png at full size that `edge-matting cut` wrote beside them; exit code 1 when the alphas are more than 1e-4
apart.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image

from matting.decode import decode
from matting.engines.registry import open_engine
from matting.model import default_model_dir, load_model
from matting.network_input import network_input, undo
from matting.photo import Limits

TOLERANCE = 1e-4


def save(folder: Path) -> None:
    model = load_model(default_model_dir())
    tensor, geometry = network_input(decode((folder / "photo.jpg").read_bytes(), Limits()), model.input)
    np.save(folder / "alpha.npy", undo(open_engine("cpu", model, 1).infer(tensor), geometry))
    (folder / "versions").write_text(
        f"{platform.machine()}: onnxruntime {onnxruntime.__version__}, OpenCV {cv2.__version__}, NumPy {np.__version__}"
    )


def compare(first: Path, second: Path) -> bool:
    """Says how far they are apart; whether that is near enough."""
    for folder in (first, second):
        print((folder / "versions").read_text())
    alphas = [np.load(folder / "alpha.npy") for folder in (first, second)]
    apart = float(np.abs(alphas[0] - alphas[1]).max())
    print(f"alpha, {alphas[0].shape[1]} x {alphas[0].shape[0]}: {alphas[0].mean():.3f} on average, at most {apart:.1e} apart")
    masks = [np.asarray(Image.open(folder / "photo.alpha.png"), int) for folder in (first, second)]
    steps = np.abs(masks[0] - masks[1])
    print(f"8-bit mask: {np.count_nonzero(steps):,} of {steps.size:,} pixels differ, by {steps.max()} at most")
    return apart <= TOLERANCE


def main() -> int:
    command, *folders = sys.argv[1], *map(Path, sys.argv[2:])
    if command == "compare":
        return int(not compare(*folders))
    save(*folders)
    return 0


if __name__ == "__main__":
    sys.exit(main())
