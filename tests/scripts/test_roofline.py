"""scripts.measure.roofline: its counts against a network counted by hand, its table against edge/engine/README.md."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).parents[2]


def roofline(*words: str) -> str:
    command = [sys.executable, "-m", "scripts.measure.roofline", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def conv(inputs: str, output: str, shape: tuple[int, ...], groups: int) -> tuple[onnx.NodeProto, onnx.TensorProto]:
    weights = numpy_helper.from_array(np.zeros(shape, np.float32), f"{output}_w")
    node = helper.make_node("Conv", [inputs, f"{output}_w"], [output], pads=[1, 1, 1, 1], group=groups)
    return node, weights


def test_a_network_counted_by_hand(tmp_path: Path) -> None:
    dense, depthwise = conv("input", "x", (8, 3, 3, 3), 1), conv("x", "y", (8, 1, 3, 3), 8)
    nodes = [dense[0], helper.make_node("Relu", ["y"], ["z"]), depthwise[0], helper.make_node("Add", ["x", "z"], ["output"])]
    nodes[1], nodes[2] = nodes[2], nodes[1]
    shapes = {"input": [1, 3, 16, 16], "output": [1, 8, 16, 16]}
    given, made = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items())
    graph = helper.make_graph(nodes, "small", [given], [made], [dense[1], depthwise[1]])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(tmp_path / "n.onnx"))
    rows: dict[str, Any] = {row["part"]: row for row in json.loads(roofline("--json", "--onnx", str(tmp_path / "n.onnx")))}
    assert rows["convolutions"]["giga_operations"] == pytest.approx(2 * 27 * 8 * 256 / 1e9, abs=6e-4)
    assert rows["convolutions"]["megabytes"] == pytest.approx(2 * (3 * 256 + 8 * 256 + 216) / 1e6, abs=0.01)
    assert rows["depthwise convolutions"]["giga_operations"] == pytest.approx(2 * 9 * 8 * 256 / 1e9, abs=6e-4)
    assert rows["sums and products"]["launches"] == 1  # the ReLU is done within the convolution before it
    assert rows["all"]["ms"]["AGX Orin 64 GB"] < rows["all"]["ms"]["Orin Nano 4 GB"]


def test_the_table_of_the_readme_is_what_the_script_prints() -> None:
    assert roofline().strip() in (ROOT / "edge" / "engine" / "README.md").read_text(encoding="utf-8")
