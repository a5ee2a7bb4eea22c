"""Write models/portrait: ONNX for every engine, TorchScript, and the model.toml that describes both."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch

from matting.describe import model_file, write_description
from matting.model import InputSpec, ModelSpec, PresenceSpec
from scripts.training.network import SIDE, MattingNetwork
from scripts.training.steps.validate import Fit, Presence

OPSET = 17
ALLOWED = {
    "Add", "Clip", "Concat", "Constant", "Conv", "DepthToSpace", "GlobalAveragePool", "Mul", "Relu", "Resize", "Sigmoid",
}  # fmt: skip


def write_onnx(network: MattingNetwork, path: Path) -> None:
    """Fixed 1 x 3 x 512 x 512 `input`, 1 x 1 x 512 x 512 `output`; only operations that TensorRT 8.6 parses.

    The tracing exporter is used on purpose: it gives exactly the graph of network.py, and OPSET as asked for.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.zeros(1, 3, SIDE, SIDE),), str(path), opset_version=OPSET,
            input_names=["input"], output_names=["output"], dynamo=False,
        )  # fmt: skip
    graph = onnx.load(str(path))
    onnx.checker.check_model(graph)
    strange = {n.op_type for n in graph.graph.node} - ALLOWED
    if strange:
        raise ValueError(f"operations that not every engine knows: {sorted(strange)}")


def write_torchscript(network: MattingNetwork, path: Path) -> None:
    """A traced module, for boards with torch alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(network.eval(), torch.zeros(1, 3, SIDE, SIDE))
        torch.jit.save(traced, str(path))


def description(folder: Path, version: str, fit: Fit, there: Presence) -> ModelSpec:
    """What model.toml says of the files in `folder`."""
    half = (127.5, 127.5, 127.5)
    return ModelSpec(
        name="portrait",
        version=version,
        licence="Apache-2.0",
        input=InputSpec("input", SIDE, SIDE, "NCHW", half, half, fit),
        output="output",
        presence=PresenceSpec(there.min_coverage, there.min_peak),
        files={"onnx": model_file(folder / "portrait.onnx"), "torchscript": model_file(folder / "portrait.pt")},
    )


def export(network: MattingNetwork, folder: Path, version: str, fit: Fit, there: Presence) -> None:
    """All files of the model, each replaced whole, model.toml last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in (("portrait.onnx", write_onnx), ("portrait.pt", write_torchscript)):
        part = folder / f".{name}"
        write(network, part)
        part.replace(folder / name)
    write_description(folder, description(folder, version, fit, there))
