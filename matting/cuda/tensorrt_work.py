"""The pixel work on the GPU with the TensorRT engines that its board built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matting.cuda.device import Gpu
from matting.cuda.gpu_thread import GpuThread
from matting.cuda.work import GpuWork
from matting.model import ModelSpec


@dataclass(frozen=True, slots=True)
class BuiltEngines:
    """TensorRT engines of this board. engines: serialized, by batch, 1 among them; kernels: compiled for its GPU."""

    precision: str
    engines: Mapping[int, bytes]
    kernels: Path


def open_tensorrt_work(built: BuiltEngines, model: ModelSpec) -> GpuWork:
    """
    Raises:
        EngineError: the GPU or TensorRT is not to be had, or an engine is not for them.
    """
    from matting.engines.tensorrt import TensorRtNetwork  # imports TensorRT, which may not be there

    gpu_thread = GpuThread(model, lambda: Gpu(built.kernels), lambda device: TensorRtNetwork(built.engines, model))
    batches = ", ".join(map(str, sorted(built.engines)))
    name = f"tensorrt ({model.name} {model.version}, {built.precision}, batches of {batches})"
    return GpuWork(gpu_thread, name, sum(map(len, built.engines.values())))
