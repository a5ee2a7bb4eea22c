"""The network by PyTorch for the GPU thread: in the GPU thread's memory and on its stream, without a copy through the host."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from matting.engines.tensors import input_shape
from matting.engines.torchscript import Device, failure, import_torch, load_module, why_no_cuda
from matting.errors import NoGpu
from matting.model import ModelSpec


class TensorMemory(Protocol):
    """Memory and streams that are not PyTorch's own, as PyTorch takes them."""

    device: Device

    def tensor(self, pointer: int, shape: tuple[int, ...]) -> Any:
        """The float32 numbers at that address; not copied."""
        ...

    def stream(self, pointer: int) -> AbstractContextManager[Any]:
        """Within it PyTorch queues its work on that stream."""
        ...


class TorchNetwork:
    """`matting.cuda.batch.DeviceNetwork`; made, used and closed by the thread that has the CUDA context.

    PyTorch keeps its weights and what it computes in memory of its own, which it reuses from run to run.
    """

    batches = (1, 2, 4, 8)

    def __init__(self, model: ModelSpec, memory: TensorMemory | None = None) -> None:
        """memory: the GPU's, unless said otherwise.

        Raises:
            EngineError: PyTorch is missing. NoGpu: it cannot use the GPU.
            ModelError: the model's file is missing, altered or no TorchScript.
        """
        self._torch = import_torch()
        self._memory = memory or CudaMemory(self._torch)
        self._module: Any = load_module(self._torch, model, self._memory.device)
        self._shape, self._size = input_shape(model)[1:], (1, model.input.height, model.input.width)

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        """See `DeviceNetwork.enqueue`."""
        try:
            with self._memory.stream(stream), self._torch.inference_mode():
                mattes = self._module(self._memory.tensor(input_pointer, (batch, *self._shape)))
                self._memory.tensor(output_pointer, (batch, *self._size)).copy_(mattes.view(batch, *self._size))
        except RuntimeError as error:
            raise failure(self._torch, error) from error

    def close(self) -> None:
        """See `DeviceNetwork.close`."""
        self._module = None
        if self._memory.device == "cuda":
            self._torch.cuda.empty_cache()


class CudaMemory:
    """The GPU's, of the primary context that PyTorch works in as well."""

    device: Device = "cuda"

    def __init__(self, torch: Any) -> None:
        """
        Raises:
            NoGpu: PyTorch cannot use the GPU.
        """
        if (reason := why_no_cuda(torch)) is not None:
            raise NoGpu(f"PyTorch cannot use a GPU here ({reason}): use a PyTorch built for this board")
        self._torch = torch

    def tensor(self, pointer: int, shape: tuple[int, ...]) -> Any:
        """See `Memory.tensor`."""
        return self._torch.as_tensor(_Borrowed(pointer, shape), device="cuda")

    def stream(self, pointer: int) -> AbstractContextManager[Any]:
        """See `Memory.stream`."""
        stream: AbstractContextManager[Any] = self._torch.cuda.stream(self._torch.cuda.ExternalStream(pointer))
        return stream


class _Borrowed:
    """numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html, which PyTorch takes without a copy."""

    def __init__(self, pointer: int, shape: tuple[int, ...]) -> None:
        self.__cuda_array_interface__ = {"shape": shape, "typestr": "<f4", "data": (pointer, False), "version": 3}
