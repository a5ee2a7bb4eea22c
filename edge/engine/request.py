"""What a board's budget and its configuration ask of the GPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.board.budget import Budget
from edge.config.types import Config, Precision
from edge.engine.tensorrt.plan import BuildPlan
from matting.model import default_model_dir


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What the service would like. batches: sizes, 1 first. workspace, tactic_dram: bytes, see `BuildPlan`."""

    model: Path
    folder: Path
    precision: Precision
    batches: tuple[int, ...]
    workspace: int
    tactic_dram: int

    def plan(self, batch: int) -> BuildPlan:
        """What to build for that batch."""
        return BuildPlan(self.precision, batch, self.workspace, self.tactic_dram)


def engine_request(config: Config, budget: Budget) -> EngineRequest:
    """Engines for the configured model, within the budget."""
    return EngineRequest(
        model=config.model or default_model_dir(),
        folder=config.folders.state / "engines",
        precision=config.precision,
        batches=tuple(sorted({1, budget.batch})),
        workspace=budget.workspace,
        tactic_dram=budget.tactic_dram,
    )
