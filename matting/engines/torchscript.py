"""The network by PyTorch, for machines that have it and a CUDA GPU."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from matting.engines.tensors import as_alpha, input_shape
from matting.errors import EngineError, ModelError
from matting.model import ModelSpec
from matting.photo import F32

Device = Literal["cuda", "cpu"]


class TorchEngine:
    """A TorchScript module. `infer` may be called from several threads at once."""

    def __init__(self, model: ModelSpec, *, device: Device | None) -> None:
        """Load the model's "torchscript" file; device None means CUDA where there is a GPU, else the CPU.

        Raises:
            EngineError: PyTorch is missing, or has no CUDA though it is asked for.
            ModelError: the file is missing, altered or no TorchScript.
        """
        self._torch = _import_torch()
        self._device = _device(self._torch, device)
        path = model.file("torchscript")
        try:
            self._module: Any = self._torch.jit.load(str(path), map_location=self._device).eval()
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{path} is not a TorchScript file that this PyTorch can load: {error}") from error
        self._shape = input_shape(model)
        self._size = (model.input.height, model.input.width)
        self.name = f"torch-{self._device} ({model.name} {model.version}, fp32)"

    def infer(self, tensor: F32) -> F32:
        """See `Engine.infer`."""
        module = self._module
        if module is None:
            raise EngineError("the torch engine is closed")
        if tensor.shape != self._shape:
            raise EngineError(f"the network takes {self._shape}, not {tensor.shape}")
        try:
            with self._torch.inference_mode():
                output = module(self._torch.from_numpy(tensor).to(self._device)).float().cpu().numpy()
        except RuntimeError as error:
            raise EngineError(f"PyTorch failed: {error}") from error
        return as_alpha(np.asarray(output), self._size)

    def close(self) -> None:
        """See `Engine.close`."""
        self._module = None
        if self._device == "cuda":
            self._torch.cuda.empty_cache()


def _import_torch() -> Any:
    try:
        import torch  # here, not above: 1.1 s and 200 MB that only this engine needs
    except ImportError as error:
        raise EngineError("the torch engine needs PyTorch: pip install 'edge-matting[torch]'") from error
    return torch


def _device(torch: Any, asked: Device | None) -> Device:
    has_cuda = bool(torch.cuda.is_available())
    if asked == "cuda" and not has_cuda:
        raise EngineError("PyTorch sees no CUDA GPU here: use device cpu, or a PyTorch built for this board")
    return asked or ("cuda" if has_cuda else "cpu")
