"""The converted face networks against TensorFlow Lite's own interpreter: python -m scripts.face.compare WHEEL PHOTO_FOLDER

Needs the package ai-edge-litert. Each photo goes whole into the detector; the landmarks get its upper middle, where faces are.
Prints the largest and the mean absolute difference of every output, beside the output's own spread.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from scripts.face.convert import NETWORKS, Network, tflite_file

MODELS = Path(__file__).parents[2] / "models" / "face"


def inputs(photos: list[Path], network: Network, side: int) -> list[NDArray[np.float32]]:
    """1xHxWx3 of each photo, as the network takes it."""
    found = []
    for path in photos:
        rgb = np.asarray(Image.open(path).convert("RGB"))
        if network.name == "landmarks":
            height, width = rgb.shape[:2]
            half = min(height, width)
            rgb = rgb[: half * 3 // 4, (width - half * 3 // 4) // 2 :][:, : half * 3 // 4]
        small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
        found.append(((small - network.mean) / network.std)[np.newaxis].astype(np.float32))
    return found


def compare(network: Network, data: bytes, photos: list[Path]) -> None:
    """Prints a line for each output."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    entry, exits = interpreter.get_input_details()[0], interpreter.get_output_details()
    session = ort.InferenceSession(str(MODELS / f"{network.name}.onnx"), providers=["CPUExecutionProvider"])
    theirs: list[list[NDArray[np.float32]]] = [[] for _ in exits]
    ours: list[list[NDArray[np.float32]]] = [[] for _ in exits]
    for tensor in inputs(photos, network, int(entry["shape"][1])):
        interpreter.set_tensor(entry["index"], tensor)
        interpreter.invoke()
        results = session.run(list(network.outputs), {"input": tensor.transpose(0, 3, 1, 2)})
        for index, result in enumerate(results):
            theirs[index].append(interpreter.get_tensor(exits[index]["index"]).reshape(-1).copy())
            ours[index].append(np.asarray(result).reshape(-1))
    for name, one, other in zip(network.outputs, theirs, ours, strict=True):
        a, b = np.stack(one), np.stack(other)
        off = np.abs(a - b)
        print(f"{network.name}.{name}: largest {off.max():.2e}, mean {off.mean():.2e}, spread {a.std():.3g}, {len(a)} photos")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("photos", type=Path)
    given = parser.parse_args()
    photos = sorted(given.photos.rglob("*.jpg"))[:100]
    for network in NETWORKS:
        compare(network, tflite_file(given.wheel, network.source), photos)


if __name__ == "__main__":
    main()
