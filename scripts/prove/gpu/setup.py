"""What is measured on and with: the GPU or its rehearsal, the network, the photos, and a section of the report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from matting.cuda.batch import DeviceNetwork
from matting.cuda.compiler import compile_kernels
from matting.cuda.device import Buffer, Device, Gpu, gpu_facts
from matting.engines.base import Engine
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.engines.torch_network import TorchNetwork
from matting.errors import EngineError
from matting.model import ModelSpec, default_model_dir, load_model
from matting.photo import U8, Photo


@dataclass(frozen=True, slots=True)
class Sizes:
    """height, width of the photos. compared: for kernels and cut-outs; timed: by their label; soaked: in turn."""

    compared: list[tuple[int, int]]
    timed: dict[str, tuple[int, int]]
    soaked: list[tuple[int, int]]


FULL = Sizes(
    [(307, 257), (701, 467), (1080, 1920), (3000, 4000)],
    {"2 MP": (1080, 1920), "12 MP": (3000, 4000), "24 MP": (4000, 6000)},
    [(1080, 1920), (1200, 900), (640, 480), (1500, 2000)],
)
REHEARSED = Sizes([(307, 257), (701, 467)], {"0.1 MP": (300, 400)}, [(150, 120), (90, 130), (120, 150)])


@dataclass(frozen=True, slots=True)
class Bench:
    """where: card, capability, driver, for the report's head. open_device: to be called by the thread that will use it."""

    where: str
    open_device: Callable[[], Device]
    model: ModelSpec
    engine: Engine
    sizes: Sizes
    network_name: str
    open_network: Callable[[Device], DeviceNetwork]
    rehearsal: bool


@dataclass(slots=True)
class Section:
    """A part of the report: lines of Markdown, and what in it is not as it must be."""

    title: str
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class ThroughTheHost:
    """The network on the CPU, for a GPU on which neither PyTorch nor TensorRT runs: all else can still be proved."""

    batches = (1, 4)

    def __init__(self, device: Device, model: ModelSpec, engine: Engine) -> None:
        self._device, self._engine = device, engine
        self._size = (model.input.height, model.input.width)

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        """See `DeviceNetwork.enqueue`; waits."""
        tensors = np.empty((batch, 1, 3, *self._size), np.float32)
        self._device.download(tensors.reshape(-1).view(np.uint8), Buffer(input_pointer, tensors.nbytes))
        self._device.synchronize()
        mattes = np.stack([self._engine.infer(tensor) for tensor in tensors])
        self._device.upload(Buffer(output_pointer, mattes.nbytes), mattes.reshape(-1).view(np.uint8))
        self._device.synchronize()

    def close(self) -> None:
        """The engine is not ours."""


def on_the_gpu(cache: Path, threads: int) -> Bench:
    """The first GPU of this machine.

    Raises:
        NoGpu: there is none that can be used. EngineError: the kernels cannot be compiled.
    """
    facts = gpu_facts()
    cubin = compile_kernels(cache, "sm_" + facts.capability.replace(".", ""))
    model = load_model(default_model_dir())
    engine = OnnxCpuEngine(model, threads=threads)
    where = f"{facts.name}, compute capability {facts.capability}, {facts.processors} multiprocessors, CUDA {facts.cuda}"
    try:
        TorchNetwork(model).close()
    except EngineError as error:
        name = f"onnxruntime on the CPU, through the host ({error})"
        return Bench(
            where, lambda: Gpu(cubin), model, engine, FULL, name, lambda gpu: ThroughTheHost(gpu, model, engine), False
        )
    name = "PyTorch, in the GPU thread's memory"
    return Bench(where, lambda: Gpu(cubin), model, engine, FULL, name, lambda gpu: TorchNetwork(model), False)


def rehearsed(threads: int) -> Bench:
    """Every line of the proof on the kernels as plain C++: this shows that it works, and nothing of any GPU."""
    from tests.matting.cuda.host import HostDevice, compiled

    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder))
    model = load_model(default_model_dir())
    engine = OnnxCpuEngine(model, threads=threads)
    where = "a rehearsal on the CPU, with the kernels as plain C++: no figure here says anything about a GPU"
    name = "onnxruntime on the CPU"
    return Bench(
        where,
        lambda: HostDevice(library),
        model,
        engine,
        REHEARSED,
        name,
        lambda gpu: ThroughTheHost(gpu, model, engine),
        True,
    )


def pictures() -> list[U8]:
    """The photos of people that lie beside the model, RGB."""
    files = sorted((default_model_dir() / "trial").glob("*.jpg"))
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def photo(height: int, width: int, number: int = 0) -> Photo:
    """One of them at that size."""
    found = pictures()
    sized = cv2.resize(found[number % len(found)], (width, height), interpolation=cv2.INTER_CUBIC)
    return Photo(np.asarray(sized, np.uint8))
