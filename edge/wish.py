"""What a board's budget and its configuration ask of the GPU."""

from __future__ import annotations

from edge.budget import Budget
from edge.config import Config
from edge.tensorrt.prepared import Wish
from matting.model import default_model_dir


def wish_for(config: Config, budget: Budget) -> Wish:
    """Engines for the configured model, within the budget."""
    return Wish(
        model=config.model or default_model_dir(),
        folder=config.folders.state / "engines",
        precision=config.precision,
        batches=tuple(sorted({1, budget.batch})),
        workspace=budget.workspace,
        tactic_dram=budget.tactic_dram,
    )
