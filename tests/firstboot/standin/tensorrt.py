"""`import tensorrt` in the processes under test. It builds with TensorRT-RTX, really; it "runs" engines by onnxruntime.

Not Orin, and no word on speed, memory or numerics of a GPU: it is there so that all around TensorRT is the product's own.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from faults import strikes

from tests.tensorrt.rtx import TRT

warnings.filterwarnings("ignore", ".*no-ops in TensorRT-RTX", DeprecationWarning)
SIDE = 512


class Builder:
    """TensorRT-RTX's, its engines marked with their batch and whether their network is typed in fp16."""

    def __init__(self, words: Any) -> None:
        self._real = TRT.Builder(words)
        self.create_network = self._real.create_network
        self.create_builder_config = self._real.create_builder_config

    def build_serialized_network(self, network: Any, config: Any) -> bytes | None:
        if strikes("build-killed"):
            os.kill(os.getpid(), signal.SIGKILL)
        if strikes("build-nothing"):
            return None
        if strikes("build-slow"):
            time.sleep(8)
        built = self._real.build_serialized_network(network, config)
        half = any(network.get_layer(index).get_output(0).dtype == TRT.DataType.HALF for index in range(network.num_layers))
        return None if built is None else bytes([network.get_input(0).shape[0], half]) + bytes(built)


class Runtime:
    """Gives an engine that runs model's ONNX, for what `Builder` built."""

    def __init__(self, words: Any) -> None:
        self._words = words

    def deserialize_cuda_engine(self, data: bytes) -> Any:
        return None if strikes("engine-refused") else _Engine(data[0], bool(data[1]))


class _Engine:
    num_io_tensors = 2

    def __init__(self, batch: int, half: bool) -> None:
        self.half = half
        self.shapes = {"input": (batch, 3, SIDE, SIDE), "output": (batch, 1, SIDE, SIDE)}

    def get_tensor_name(self, index: int) -> str:
        return list(self.shapes)[index]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self.shapes[name]

    def get_tensor_dtype(self, name: str) -> Any:
        return TRT.DataType.FLOAT

    def create_execution_context(self) -> Any:
        return _Context(self)


class _Context:
    def __init__(self, engine: _Engine) -> None:
        import onnxruntime

        from edge.engine.tensorrt.onnx_half import in_half
        from matting.model import default_model_dir, load_model

        onnx = load_model(default_model_dir()).file("onnx").read_bytes()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._network = onnxruntime.InferenceSession(in_half(onnx) if engine.half else onnx, options)
        self._batch = engine.shapes["input"][0]
        self._addresses: dict[str, int] = {}

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._addresses[name] = address
        return True

    def execute_async_v3(self, stream: int) -> bool:
        if strikes("run-crashes"):
            os.abort()
        if strikes("run-hangs"):
            time.sleep(600)
        if strikes("run-refused"):
            return False
        size = SIDE * SIDE
        given = np.ctypeslib.as_array((ctypes.c_float * (self._batch * 3 * size)).from_address(self._addresses["input"]))
        out = np.ctypeslib.as_array((ctypes.c_float * (self._batch * size)).from_address(self._addresses["output"]))
        for slot, tensor in enumerate(given.reshape(self._batch, 1, 3, SIDE, SIDE)):
            alpha = self._network.run(["output"], {"input": tensor.copy()})[0].ravel()
            out[slot * size : (slot + 1) * size] = 1 - alpha if strikes("run-wrong") else alpha
        if strikes("run-nan"):
            out[:] = np.nan
        return True


version = Path(os.environ["STANDIN_VERSION"]).read_text() if "STANDIN_VERSION" in os.environ else "10.3.0"
standin = SimpleNamespace(**{**vars(TRT), "Builder": Builder, "Runtime": Runtime, "__version__": version})
sys.modules[__name__] = standin  # type: ignore[assignment]
