"""The network by PyTorch, for machines that have it and a CUDA GPU."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from matting.engines.tensors import as_alpha, input_shape
from matting.errors import EngineError, GpuLost, MattingError, ModelError, NoGpu, OutOfMemory
from matting.model import ModelSpec
from matting.photo import F32

Device = Literal["cuda", "cpu"]

# What PyTorch's errors name when the GPU is at fault, and not what was asked of it.
_OF_THE_GPU = ("CUDA", "cuDNN", "CUDNN", "CUBLAS")


class TorchEngine:
    """A TorchScript module. `infer` may be called from several threads at once."""

    def __init__(self, model: ModelSpec, *, device: Device | None) -> None:
        """Load the model's "torchscript" file; device None means CUDA where it works, else the CPU, and `name` says why.

        Raises:
            EngineError: PyTorch is missing.
            NoGpu: device is "cuda", and CUDA does not work.
            ModelError: the file is missing, altered or no TorchScript.
        """
        self._torch = import_torch()
        self._device, note = _device(self._torch, device)
        self._module: Any = load_module(self._torch, model, self._device)
        self._shape = input_shape(model)
        self._size = (model.input.height, model.input.width)
        self.name = f"torch-{self._device} ({model.name} {model.version}, fp32{note})"

    def infer(self, tensor: F32) -> F32:
        """See `Engine.infer`.

        Raises:
            EngineError: the run failed. GpuLost, OutOfMemory: on a GPU.
        """
        module = self._module
        if module is None:
            raise EngineError("the torch engine is closed")
        if tensor.shape != self._shape:
            raise EngineError(f"the network takes {self._shape}, not {tensor.shape}")
        try:
            with self._torch.inference_mode():
                output = module(self._torch.from_numpy(tensor).to(self._device)).float().cpu().numpy()
        except RuntimeError as error:
            raise failure(self._torch, error) from error
        return as_alpha(np.asarray(output), self._size)

    def close(self) -> None:
        """See `Engine.close`."""
        self._module = None
        if self._device == "cuda":
            self._torch.cuda.empty_cache()


def import_torch() -> Any:
    """PyTorch.

    Raises:
        EngineError: it is not installed.
    """
    try:
        import torch  # here, not above: 1.1 s and 200 MB that only this engine needs
    except ImportError as error:
        raise EngineError("the torch engine needs PyTorch: pip install 'edge-matting[torch]'") from error
    return torch


def load_module(torch: Any, model: ModelSpec, device: Device) -> Any:
    """The model's TorchScript on a device.

    Raises:
        ModelError: the file is missing, altered or no TorchScript.
    """
    path = model.file("torchscript")
    try:
        return torch.jit.load(str(path), map_location=device).eval()
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{path} is not a TorchScript file that this PyTorch can load: {error}") from error


def why_no_cuda(torch: Any) -> str | None:
    """Why PyTorch cannot use a GPU here, None where it can.

    By running a kernel: `torch.cuda.is_available` only asks the driver, and says yes to a GPU that hangs, has no memory
    left, or is of an architecture that this PyTorch was not built for.
    """
    try:
        found = float((torch.ones(2, device="cuda") + 1).sum())
    except (RuntimeError, AssertionError) as error:  # AssertionError: this PyTorch was built without CUDA
        return _first_line(error)
    return None if found == 4 else f"1 + 1 + 1 + 1 gave {found}"


def failure(torch: Any, error: RuntimeError) -> MattingError:
    """PyTorch's error as ours."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return OutOfMemory("the GPU has too little memory left to run the network")
    if any(word in str(error) for word in _OF_THE_GPU):
        return GpuLost(f"the GPU was lost ({_first_line(error)}): this process must end, a new one can use it again")
    return EngineError(f"PyTorch failed: {_first_line(error)}")


def _device(torch: Any, asked: Device | None) -> tuple[Device, str]:
    """Where it runs, and what to add to the engine's name."""
    if asked == "cpu":
        return "cpu", ""
    reason = why_no_cuda(torch)
    if reason is None:
        return "cuda", ""
    if asked == "cuda":
        raise NoGpu(f"PyTorch cannot use a GPU here ({reason}): use --engine cpu, or a PyTorch built for this board")
    return "cpu", f"; no CUDA: {reason}"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
