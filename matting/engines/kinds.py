"""The built-in engines as they may be asked for. Each imports its library when it is opened, and not before."""

from __future__ import annotations

from matting.engines.base import Engine, EngineKind
from matting.errors import EngineError
from matting.model import ModelSpec


def _open_cpu(model: ModelSpec, threads: int) -> Engine:
    from matting.engines.onnx_cpu import OnnxCpuEngine

    return OnnxCpuEngine(model, threads=threads, form=model.form)


def _open_torch(model: ModelSpec, threads: int) -> Engine:
    from matting.engines.torchscript import TorchEngine

    return TorchEngine(model, device=None)


def _open_tensorrt(model: ModelSpec, threads: int) -> Engine:
    """TensorRT runs engines that the board built, in its own memory: see `matting.cuda.tensorrt_work`."""
    raise EngineError("TensorRT engines run in edge-matting run and cut only: use --engine cpu or torch here")


CPU = EngineKind("cpu", _open_cpu)
TORCH = EngineKind("torch", _open_torch, driver=True)
TENSORRT = EngineKind("tensorrt", _open_tensorrt, driver=True)
# No engine but a policy, of `edge.engine.kind`: the board's GPU where that is ready. Here, the engine that is everywhere.
AUTO = EngineKind("auto", _open_cpu)
