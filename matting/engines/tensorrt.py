"""The network on the GPU, by TensorRT: engines that this board built, one for each size of batch.

One code path for TensorRT 8.6 to 11.4; tests/contract holds this file against the API of each. Importing it imports
TensorRT: only the process that runs it does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import tensorrt as trt

from matting.engines.tensorrt_log import Words
from matting.errors import EngineError, GpuLost
from matting.model import ModelSpec


class TensorRtNetwork:
    """`matting.cuda.batch.DeviceNetwork` on TensorRT; made, used and closed by the thread that has the CUDA context."""

    def __init__(self, engines: Mapping[int, bytes], model: ModelSpec) -> None:
        """engines: serialized engine by batch, 1 among them.

        Raises:
            EngineError: an engine is not one, is for another TensorRT or GPU, or for another network than the model's.
        """
        self._words = Words()
        self._runtime = trt.Runtime(self._words)
        self._engines = {batch: self._deserialized(data, batch, model) for batch, data in sorted(engines.items())}
        self._contexts = {batch: self._context(engine) for batch, engine in self._engines.items()}
        self._input, self._output = model.input.name, model.output
        self.batches = tuple(self._engines)

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        """See `DeviceNetwork.enqueue`."""
        context = self._contexts[batch]
        placed = context.set_tensor_address(self._input, input_pointer)
        placed = context.set_tensor_address(self._output, output_pointer) and placed
        if not (placed and context.execute_async_v3(stream)):
            raise GpuLost(f"TensorRT could not run the network: {self._words.told()}")

    def close(self) -> None:
        """Give the engines' memory back."""
        self._contexts.clear()
        self._engines.clear()

    def _deserialized(self, data: bytes, batch: int, model: ModelSpec) -> trt.ICudaEngine:
        engine = self._runtime.deserialize_cuda_engine(data)
        if engine is None:
            raise EngineError(f"TensorRT cannot load the engine: {self._words.told()}")
        pixels = batch * model.input.height * model.input.width
        wanted = {(model.input.name, 3 * pixels, True), (model.output, pixels, True)}
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        found = {(name, _numbers(engine, name), engine.get_tensor_dtype(name) == trt.DataType.FLOAT) for name in names}
        if found != wanted:
            shapes = ", ".join(f"{name} of {numbers} numbers" for name, numbers, _ in sorted(found))
            raise EngineError(f"the engine is for another network than {model.name} with a batch of {batch}: it has {shapes}")
        return engine

    def _context(self, engine: trt.ICudaEngine) -> trt.IExecutionContext:
        context = engine.create_execution_context()
        if context is None:
            raise EngineError(f"TensorRT has too little memory left to run the engine: {self._words.told()}")
        return context


def _numbers(engine: trt.ICudaEngine, name: str) -> int:
    shape = engine.get_tensor_shape(name)
    return math.prod(shape[axis] for axis in range(len(shape)))
