from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.engines.tensors import as_alpha
from matting.engines.torchscript import TorchEngine
from matting.errors import EngineError, ModelError
from matting.model import ModelFile, ModelSpec, default_model_dir, load_model


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    return load_model(default_model_dir())


def noise(model: ModelSpec, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, 3, model.input.height, model.input.width)).astype(np.float32)


def test_the_matte_is_finite_within_0_and_1_and_the_same_from_every_thread(model: ModelSpec) -> None:
    engine = OnnxCpuEngine(model, threads=1)
    alpha = engine.infer(noise(model))
    assert alpha.shape == (model.input.height, model.input.width) and alpha.dtype == np.float32
    assert alpha.min() >= 0 and alpha.max() <= 1
    with ThreadPoolExecutor(2) as pool:
        for again in pool.map(engine.infer, [noise(model)] * 2):
            np.testing.assert_array_equal(again, alpha)


def test_a_closed_engine_and_a_wrong_tensor_are_engine_errors(model: ModelSpec) -> None:
    engine = OnnxCpuEngine(model, threads=1)
    with pytest.raises(EngineError, match="takes"):
        engine.infer(noise(model)[:, :, :-1])
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.infer(noise(model))


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
    np.testing.assert_array_equal(as_alpha(np.float32([[[[-1, 2]]]]), (1, 2)), [[0, 1]])


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is here")
def test_without_pytorch_its_engine_says_how_to_get_it(model: ModelSpec) -> None:
    with pytest.raises(EngineError, match="pip install"):
        TorchEngine(model, device=None)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
def test_torchscript_agrees_with_onnx(model: ModelSpec) -> None:
    tensor = noise(model)
    difference = TorchEngine(model, device="cpu").infer(tensor) - OnnxCpuEngine(model, threads=1).infer(tensor)
    assert np.abs(difference).max() < 1e-3
