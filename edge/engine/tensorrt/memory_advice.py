"""Whether the memory that is free now will do for a build, and what to do where it will not. Policy only."""

from __future__ import annotations

from edge.engine.tensorrt.plan import BuildPlan

_MIB = 1 << 20
# TensorRT's and CUDA's libraries and the network, beside the pools: a guess, as none was measured on an Orin yet.
_LIBRARIES = 700 * _MIB


def need(plan: BuildPlan) -> int:
    """Bytes that a build may take at its peak."""
    return _LIBRARIES + plan.workspace + plan.tactic_dram


def advice(plan: BuildPlan, available: int, swap: int) -> str:
    """What to do when `available` bytes (MemAvailable) are less than the plan needs; "" when they are enough.

    swap: bytes of swap that are free. It counts: TensorRT's host memory can go there, the GPU's cannot.
    """
    if available + swap // 2 >= need(plan):
        return ""
    steps = ["boot without a desktop (sudo systemctl set-default multi-user.target)", "stop other programs"]
    if swap == 0:
        steps.insert(0, "add 4 GB of swap or zram (sudo systemctl enable --now nvzramconfig)")
    return (
        f"{available // _MIB} MB of memory are available and the build may take {need(plan) // _MIB} MB; "
        f"it is tried all the same. If it fails: {', '.join(steps)}, then edge-matting build --force"
    )
