from __future__ import annotations

import ctypes
import shutil

import pytest

from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.model import ModelSpec, default_model_dir, load_model
from tests.matting.cuda.host import HostDevice, compiled


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("g++") is None:
        pytest.skip("needs g++")
    return compiled(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def device(library: ctypes.CDLL) -> HostDevice:
    return HostDevice(library)


@pytest.fixture(scope="session")
def model() -> ModelSpec:
    return load_model(default_model_dir())


@pytest.fixture(scope="session")
def engine(model: ModelSpec) -> OnnxCpuEngine:
    return OnnxCpuEngine(model, threads=1)
