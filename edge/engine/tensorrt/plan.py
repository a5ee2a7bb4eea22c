"""What to build, and what to try next when the memory was too short for it. Pure: no TensorRT, no files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from edge.config.types import Precision

_MIB = 1 << 20
# Below this TensorRT finds no implementation for some layer, and the build ends for want of workspace instead of memory.
_LEAST_POOL = 32 * _MIB
# TensorRT's own default is 3; 0 and 1 try one tactic a layer, 2 few.
_LEVELS = (3, 1)


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """One attempt. batch: photos in a run. workspace and tactic_dram: limits in bytes of TensorRT's memory pools of those
    names (on a board with unified memory both are system memory). level: builder_optimization_level, 0..5."""

    precision: Precision
    batch: int
    workspace: int
    tactic_dram: int
    level: int = _LEVELS[0]

    def __str__(self) -> str:
        pools = f"workspace {self.workspace // _MIB} MB, tactics {self.tactic_dram // _MIB} MB"
        return f"{self.precision}, batch {self.batch}, {pools}, level {self.level}"


@dataclass(frozen=True, slots=True)
class Built:
    """engine: the serialized engine, for this GPU and this TensorRT only; timing_cache: makes the next build faster."""

    engine: bytes
    timing_cache: bytes


def fallback_plans(first: BuildPlan) -> Iterator[BuildPlan]:
    """`first`, then what asks for less: half and a quarter of the pools, then the same with fewer tactics tried.

    After the last one the CPU is what remains. Limits that are too low
    can leave a layer without any implementation, so they go down before the optimisation level does, in few steps.
    """
    for level in _LEVELS:
        for share in (1, 2, 4):
            workspace, tactics = first.workspace // share, first.tactic_dram // share
            if share == 1 or min(workspace, tactics) >= _LEAST_POOL:
                yield replace(first, workspace=workspace, tactic_dram=tactics, level=level)
