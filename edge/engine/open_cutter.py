"""The cutter for one command: on the GPU with the engines that the board has, or on the CPU."""

from __future__ import annotations

import sys

from edge.board.budget import Budget
from edge.board.facts import has_nvidia_gpu
from edge.config.types import Config
from edge.engine.cpu_variant import remembered
from edge.engine.prepare import found
from edge.engine.request import engine_request
from matting.cutters import Cutter, open_cutter
from matting.errors import EngineError
from matting.model import load_model


def cutter_for(config: Config, budget: Budget) -> Cutter:
    """What the configuration's engine.kind says; "auto" takes the GPU where it has its engines, else the CPU.

    Raises:
        EngineError: that engine is not to be had on this machine; the sentence says what to do.
        ModelError: the model's files are missing or altered.
    """
    request = engine_request(config, budget)
    model = load_model(request.model)
    if config.engine == "tensorrt" or (config.engine == "auto" and has_nvidia_gpu()):
        try:
            return open_cutter("tensorrt", model, budget.threads, found(request).engines())
        except EngineError as error:
            if config.engine == "tensorrt":
                raise EngineError(f"{error}; or use --engine cpu") from error
            print(f"edge-matting: on the CPU: {error}", file=sys.stderr)
    form = remembered(model, budget.threads, config.folders.state)
    return open_cutter(config.engine, model, budget.threads, form=form)
