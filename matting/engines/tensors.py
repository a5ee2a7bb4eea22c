"""What all engines check at their border: the shape that goes in and the matte that comes out."""

from __future__ import annotations

import numpy as np

from matting.errors import EngineError
from matting.model import ModelSpec
from matting.photo import F32


def input_shape(model: ModelSpec) -> tuple[int, int, int, int]:
    """The tensor's shape for one photo."""
    height, width = model.input.height, model.input.width
    return (1, 3, height, width) if model.input.layout == "NCHW" else (1, height, width, 3)


def as_alpha(output: F32, size: tuple[int, int]) -> F32:
    """A network's output, 1x1xHxW or the like, as HxW float32 in 0..1.

    Raises:
        EngineError: another shape, or numbers that are none: a matte made of those would look like a result.
    """
    if output.size != size[0] * size[1]:
        raise EngineError(f"the network gave {output.shape} instead of one matte of {size[0]}x{size[1]}")
    alpha = output.astype(np.float32, copy=False).reshape(size)
    if not np.isfinite(alpha).all():
        raise EngineError("the network gave values that are not finite")
    return np.clip(alpha, 0.0, 1.0)
