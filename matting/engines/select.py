"""Which engine runs: the one asked for, or the fastest that this machine has."""

from __future__ import annotations

from matting.engines.base import Engine
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.engines.torchscript import TorchEngine
from matting.errors import EngineError, SettingsError
from matting.model import ModelSpec


def open_engine(kind: str, model: ModelSpec, threads: int, form: str = "onnx") -> Engine:
    """kind: auto | torch | cpu (for TensorRT see `matting.cutters`). threads, form: of the CPU engine.

    Raises:
        EngineError: that engine is not to be had on this machine.
        ModelError: the model's files are missing or altered.
        SettingsError: no such kind.
    """
    if kind in ("auto", "cpu"):
        return OnnxCpuEngine(model, threads=threads, form=form)
    if kind == "torch":
        return TorchEngine(model, device=None)
    if kind == "tensorrt":
        raise EngineError("TensorRT engines run in edge-matting run and cut only: use --engine cpu or torch here")
    raise SettingsError(f"engine {kind!r} does not exist: choose auto, tensorrt, torch or cpu")
