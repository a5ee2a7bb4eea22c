"""From a kind of engine to something that cuts photos, whatever does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from matting.cuda.device import Gpu
from matting.cuda.gpu_thread import GpuThread
from matting.cuda.work import GpuWork
from matting.engines.base import Engine
from matting.engines.select import open_engine
from matting.errors import EngineError
from matting.model import ModelSpec
from matting.photo import Settings
from matting.pipeline import CutOut, cut, cut_with

OnStage = Callable[[str], None]


class Cutter(Protocol):
    """Cuts photos. Safe to call from several threads. name: for people and status files."""

    name: str

    @property
    def gpu_bytes(self) -> int:
        """What it holds of the GPU's memory, page-locked memory included."""
        ...

    def cut(self, data: bytes, settings: Settings, on_stage: OnStage = ...) -> CutOut:
        """See `matting.pipeline.cut`."""
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...


@dataclass(frozen=True, slots=True)
class BuiltEngines:
    """TensorRT engines of this board. engines: serialized, by batch, 1 among them; kernels: compiled for its GPU."""

    precision: str
    engines: Mapping[int, bytes]
    kernels: Path


def open_cutter(kind: str, model: ModelSpec, threads: int, built: BuiltEngines | None = None, form: str = "onnx") -> Cutter:
    """kind: auto | tensorrt | torch | cpu. threads, form: of the CPU engine. built: for tensorrt.

    Raises:
        EngineError: that engine is not to be had on this machine.
        ModelError: the model's files are missing or altered.
        SettingsError: no such kind.
    """
    if kind != "tensorrt":
        return EngineCutter(open_engine(kind, model, threads, form), model)
    if built is None:
        raise EngineError("this board has no TensorRT engine yet: run edge-matting build, or use --engine cpu")
    return GpuCutter(built, model)


class EngineCutter:
    """An engine for the network, and the CPU for all else."""

    def __init__(self, engine: Engine, model: ModelSpec) -> None:
        self._engine, self._model = engine, model
        self.name = engine.name
        self.gpu_bytes = 0  # not known of an engine that brings its own library

    def cut(self, data: bytes, settings: Settings, on_stage: OnStage = lambda stage: None) -> CutOut:
        """See `Cutter.cut`."""
        return cut(data, settings, self._engine, self._model, on_stage)

    def close(self) -> None:
        """See `Cutter.close`."""
        self._engine.close()


class GpuCutter:
    """All pixel work on the GPU, and the network by TensorRT."""

    def __init__(self, built: BuiltEngines, model: ModelSpec) -> None:
        from matting.engines.tensorrt import TensorRtNetwork  # imports TensorRT, which may not be there

        self._gpu_thread = GpuThread(model, lambda: Gpu(built.kernels), lambda device: TensorRtNetwork(built.engines, model))
        self._work = GpuWork(self._gpu_thread)
        self._weights = sum(map(len, built.engines.values()))
        batches = ", ".join(map(str, sorted(built.engines)))
        self.name = f"tensorrt ({model.name} {model.version}, {built.precision}, batches of {batches})"

    @property
    def gpu_bytes(self) -> int:
        """See `Cutter.gpu_bytes`; TensorRT's own work space is not in it."""
        return self._weights + self._gpu_thread.bytes

    def cut(self, data: bytes, settings: Settings, on_stage: OnStage = lambda stage: None) -> CutOut:
        """See `Cutter.cut`."""
        return cut_with(data, settings, self._work, on_stage)

    def close(self) -> None:
        """See `Cutter.close`."""
        self._gpu_thread.close()
