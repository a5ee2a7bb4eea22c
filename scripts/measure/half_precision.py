"""Alpha of the network typed in fp16, as boards build it, against fp32's, on photos: both by ONNX Runtime on the CPU.

    .venv/bin/python -m scripts.measure.half_precision FOLDER [--photos 100] [--model DIR]

ONNX Runtime keeps numbers in fp16 and adds up in fp32, as tensor cores can: it says nothing of a GPU's own sums. Takes photos
of the folder and those below it, evenly. Exit code 1 where one is below 50 dB.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from edge.engine.tensorrt.onnx_half import in_half
from matting.decode import decode
from matting.model import default_model_dir, load_model
from matting.network_input import network_input
from matting.photo import Limits

LEAST = 50.0  # dB
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photos")
    parser.add_argument("--photos", type=int, default=100, help="how many of them (100)")
    parser.add_argument("--model", type=Path, default=default_model_dir(), help="a model's folder")
    options = parser.parse_args()
    files = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    chosen = [files[index] for index in np.linspace(0, len(files) - 1, min(options.photos, len(files))).astype(int)]
    decibels = nearness(options.model, [path.read_bytes() for path in chosen])
    print("| Form | alpha against fp32's, mean dB | median | 5th percentile | worst | photos |\n|---|---|---|---|---|---|")
    figures = (np.mean(decibels), np.median(decibels), np.percentile(decibels, 5), min(decibels))
    print(f"| fp16 | {' | '.join(f'{figure:.1f}' for figure in figures)} | {len(decibels)} |")
    return 0 if min(decibels) >= LEAST else 1


def nearness(folder: Path, photos: list[bytes]) -> list[float]:
    """PSNR in dB of each photo's alpha, typed in fp16, against fp32's; at most 99.

    photos: the files' bytes. Raises ModelError where the network cannot be put into fp16.
    """
    model = load_model(folder)
    onnx = model.file("onnx").read_bytes()
    networks = [onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]) for data in (onnx, in_half(onnx))]
    found = []
    for photo in photos:
        tensor, _ = network_input(decode(photo, Limits()), model.input)
        exact, half = (network.run([model.output], {model.input.name: tensor})[0] for network in networks)
        error = float(np.mean((exact.astype(np.float64) - half.astype(np.float64)) ** 2))
        found.append(99.0 if error == 0 else min(99.0, float(-10 * np.log10(error))))
    return found


if __name__ == "__main__":
    sys.exit(main())
