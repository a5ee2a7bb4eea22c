"""What `engine.kind` comes to on this board: whether the GPU's TensorRT engines are wanted, and which engine runs without."""

from __future__ import annotations

from edge.board.facts import has_nvidia_gpu
from matting.engines.kinds import AUTO, CPU, TENSORRT


def may_use_tensorrt(kind: str) -> bool:
    """Whether the board's TensorRT engines would be used where it has a GPU."""
    return kind in (AUTO.name, TENSORRT.name)


def wants_tensorrt(kind: str) -> bool:
    """Whether the board's TensorRT engines are to be used: "auto" asks for them where there is a GPU."""
    return kind == TENSORRT.name or (kind == AUTO.name and has_nvidia_gpu())


def engine_beside(kind: str) -> str:
    """The engine that works where TensorRT's do not, or not yet."""
    return CPU.name if may_use_tensorrt(kind) else kind


def has_forms(kind: str) -> bool:
    """Whether the engine runs any form of the network's weights, so that the fastest may be chosen (`cpu_variant`)."""
    return kind == CPU.name
