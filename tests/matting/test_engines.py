from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.engines.tensors import as_alpha
from matting.engines.torch_network import TorchNetwork
from matting.engines.torchscript import TorchEngine, why_no_cuda
from matting.errors import EngineError, GpuLost, MattingError, ModelError, NoGpu, OutOfMemory
from matting.model import ModelFile, ModelSpec, default_model_dir, load_model


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    return load_model(default_model_dir())


def noise(model: ModelSpec, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, 3, model.input.height, model.input.width)).astype(np.float32)


def test_a_contract_that_the_file_does_not_keep_is_told(model: ModelSpec) -> None:
    wrong_input = dataclasses.replace(model, input=dataclasses.replace(model.input, name="photo"))
    with pytest.raises(ModelError, match=r"expected the input photo \[1, 3, "):
        OnnxCpuEngine(wrong_input, threads=1)
    with pytest.raises(ModelError, match="expected the output matte, found"):
        OnnxCpuEngine(dataclasses.replace(model, output="matte"), threads=1)


def test_a_file_that_is_no_network_is_an_engine_error(model: ModelSpec, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no network")
    file = ModelFile(path, hashlib.sha256(b"no network").hexdigest(), 10)
    with pytest.raises(EngineError, match="cannot load"):
        OnnxCpuEngine(dataclasses.replace(model, files={"onnx": file}), threads=1)


def test_an_output_that_is_no_matte_is_refused() -> None:
    with pytest.raises(EngineError, match="finite"):
        as_alpha(np.full((1, 1, 2, 2), np.nan, np.float32), (2, 2))
    with pytest.raises(EngineError, match="instead of one matte"):
        as_alpha(np.zeros((1, 2, 2, 2), np.float32), (2, 2))
    np.testing.assert_array_equal(as_alpha(np.array([[[[-1, 2]]]], np.float32), (1, 2)), [[0, 1]])


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is here")
def test_without_pytorch_its_engine_says_how_to_get_it(model: ModelSpec) -> None:
    with pytest.raises(EngineError, match="pip install"):
        TorchEngine(model, device=None)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def test_cuda_counts_as_there_when_a_kernel_ran(torch: Any, model: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """`is_available` says yes to a GPU that this PyTorch has no kernels for."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    fail_on_cuda(torch, monkeypatch, RuntimeError("CUDA error: no kernel image is available for execution\nlong advice"))
    engine = TorchEngine(model, device=None)
    assert (
        engine.name.startswith("torch-cpu")
        and "no CUDA: CUDA error: no kernel image is available for execution)" in engine.name
    )
    assert engine.infer(noise(model)).shape == (model.input.height, model.input.width)
    with pytest.raises(NoGpu, match="no kernel image"):
        TorchEngine(model, device="cuda")
    with pytest.raises(NoGpu, match="no kernel image"):
        TorchNetwork(model)


def test_a_kernel_with_a_wrong_result_is_no_cuda(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = torch.ones
    monkeypatch.setattr(torch, "ones", lambda size, device: real(size) * 7)
    assert why_no_cuda(torch) == "1 + 1 + 1 + 1 gave 16.0"
    monkeypatch.setattr(torch, "ones", lambda size, device: real(size))
    assert why_no_cuda(torch) is None


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        ("CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be", GpuLost),
        ("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", GpuLost),
        ("expected scalar type Float but found Half", EngineError),
    ],
)
def test_pytorchs_errors_are_ours(
    torch: Any, model: ModelSpec, monkeypatch: pytest.MonkeyPatch, error: str, ours: type[MattingError]
) -> None:
    engine = TorchEngine(model, device="cpu")
    monkeypatch.setattr(engine, "_module", failing(RuntimeError(error)))
    with pytest.raises(EngineError, match=error.splitlines()[0]) as found:
        engine.infer(noise(model))
    assert type(found.value) is ours
    monkeypatch.setattr(engine, "_module", failing(torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate")))
    with pytest.raises(OutOfMemory):
        engine.infer(noise(model))


def failing(error: Exception) -> Callable[[Any], Any]:
    def module(tensor: Any) -> Any:
        raise error

    return module


def fail_on_cuda(torch: Any, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Stands in for a GPU that PyTorch cannot use."""
    real = torch.ones

    def ones(*size: Any, device: str = "cpu") -> Any:
        if device == "cuda":
            raise error
        return real(*size)

    monkeypatch.setattr(torch, "ones", ones)
