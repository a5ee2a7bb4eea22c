"""What every engine must do, held against each that this machine has; the CPU engine is the one they are compared with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from PIL import Image

from matting.cuda.batch import DeviceNetwork
from matting.engines.base import Engine
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.engines.registry import open_engine
from matting.engines.torch_network import TorchNetwork
from matting.engines.torchscript import Device, TorchEngine, import_torch, why_no_cuda
from matting.errors import EngineError, SettingsError
from matting.model import ModelSpec, default_model_dir, load_model
from matting.network_input import network_input
from matting.photo import Photo

MAKERS: dict[str, Callable[[ModelSpec], Engine]] = {
    "cpu": lambda model: OnnxCpuEngine(model, threads=1),
    "torch on the CPU": lambda model: TorchEngine(model, device="cpu"),
    "torch on CUDA": lambda model: TorchEngine(model, device="cuda"),
}
ENGINES = [pytest.param(name, marks=[pytest.mark.slow] if "torch" in name else []) for name in MAKERS]
# Of alpha, 0..1. On a GPU convolutions may be done with 10 bits of mantissa (TF32).
MOST, MEAN = 0.02, 1e-3


def _available(name: str) -> None:
    if "torch" in name and importlib.util.find_spec("torch") is None:
        pytest.skip("needs PyTorch")
    if "CUDA" in name and (reason := why_no_cuda(import_torch())) is not None:
        pytest.skip(f"needs CUDA in PyTorch: {reason}")


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    return load_model(default_model_dir())


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, model: ModelSpec) -> Iterator[Engine]:
    _available(request.param)
    engine = MAKERS[request.param](model)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def tensors(model: ModelSpec) -> list[np.ndarray]:
    """Photos of people, one beside the frame, and what no photo is: black, white, noise."""
    files = sorted((default_model_dir() / "trial").glob("*.jpg"))
    photos = [np.asarray(Image.open(path).convert("RGB")) for path in files]
    photos += [np.zeros((40, 60, 3), np.uint8), np.full((700, 500, 3), 255, np.uint8)]
    photos.append(np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8))
    return [network_input(Photo(np.ascontiguousarray(photo)), model.input)[0] for photo in photos]


@pytest.fixture(scope="module")
def expected(model: ModelSpec, tensors: list[np.ndarray]) -> list[np.ndarray]:
    reference = OnnxCpuEngine(model, threads=1)
    return [reference.infer(tensor) for tensor in tensors]


def near(alpha: np.ndarray, expected: np.ndarray) -> bool:
    away = np.abs(alpha - expected)
    return bool(away.max() <= MOST and away.mean() <= MEAN)


def test_the_same_photos_give_the_same_mattes(engine: Engine, tensors: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for tensor, matte in zip(tensors, expected, strict=True):
        before = tensor.copy()
        alpha = engine.infer(tensor)
        assert alpha.shape == matte.shape and alpha.dtype == np.float32
        assert alpha.min() >= 0 and alpha.max() <= 1
        assert near(alpha, matte)
        np.testing.assert_array_equal(tensor, before)


def test_several_threads_may_ask_at_once(engine: Engine, tensors: list[np.ndarray], expected: list[np.ndarray]) -> None:
    with ThreadPoolExecutor(3) as pool:
        for alpha, matte in zip(pool.map(engine.infer, tensors), expected, strict=True):
            assert near(alpha, matte)


def test_another_shape_is_refused(engine: Engine, tensors: list[np.ndarray]) -> None:
    tensor = tensors[0]
    for wrong in (tensor[:, :, :-1], tensor[0], tensor[:, :1], np.concatenate([tensor, tensor]), tensor.transpose(0, 2, 3, 1)):
        with pytest.raises(EngineError, match="takes"):
            engine.infer(np.ascontiguousarray(wrong))


def test_its_name_says_where_it_runs_and_what(engine: Engine, model: ModelSpec) -> None:
    assert engine.name.split()[0] in ("cpu", "torch-cpu", "torch-cuda")
    assert f"({model.name} {model.version}, fp32" in engine.name


@pytest.mark.parametrize("name", MAKERS)
def test_a_closed_engine_refuses(name: str, model: ModelSpec, tensors: list[np.ndarray]) -> None:
    _available(name)
    engine = MAKERS[name](model)
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.infer(tensors[0])
    engine.close()


def test_a_kind_that_does_not_exist_is_told(model: ModelSpec) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        open_engine("abacus", model, 1)


class HostMemory:
    """Stands in for the GPU's memory: PyTorch on the CPU, over arrays of NumPy."""

    device: Device = "cpu"

    def tensor(self, pointer: int, shape: tuple[int, ...]) -> Any:
        from tests.matting.cuda.host import floats_at

        return import_torch().from_numpy(floats_at(pointer, shape))

    def stream(self, pointer: int) -> Any:
        return nullcontext()


NETWORKS: dict[str, Callable[[ModelSpec], DeviceNetwork]] = {
    "torch in the GPU thread, on the CPU": lambda model: TorchNetwork(model, HostMemory()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_the_lane_fills_every_slot_of_every_batch(
    name: str, model: ModelSpec, tensors: list[np.ndarray], expected: list[np.ndarray]
) -> None:
    """On a GPU scripts.prove.gpu does the same."""
    _available(name)
    network = NETWORKS[name](model)
    assert network.batches[0] == 1 and list(network.batches) == sorted(set(network.batches))
    for batch in network.batches[:3]:
        order = [slot % len(tensors) for slot in range(batch)]
        given = np.concatenate([tensors[index] for index in order])
        mattes = np.full((batch, *expected[0].shape), np.nan, np.float32)
        network.enqueue(batch, given.ctypes.data, mattes.ctypes.data, 0)
        for index, matte in zip(order, mattes, strict=True):
            assert near(np.clip(matte, 0, 1), expected[index])
    network.close()
