"""The pixel work for one command: on the GPU with the engines that the board has, or on the CPU."""

from __future__ import annotations

import sys
from dataclasses import replace

from edge.board.budget import Budget
from edge.config.types import Config
from edge.engine.cpu_variant import EXACT, remembered
from edge.engine.kind import engine_beside, has_forms, wants_tensorrt
from edge.engine.prepare import found
from edge.engine.request import engine_request
from matting.cpu_work import open_cpu_work
from matting.cuda.tensorrt_work import open_tensorrt_work
from matting.engines.kinds import TENSORRT
from matting.errors import EngineError
from matting.model import load_model
from matting.pixel_work import PixelWork


def work_for(config: Config, budget: Budget) -> PixelWork:
    """What the configuration's engine.kind says; "auto" takes the GPU where it has its engines, else the CPU.

    Raises:
        EngineError: that engine is not to be had on this machine; the sentence says what to do.
        ModelError: the model's files are missing or altered.
    """
    request = engine_request(config, budget)
    model = load_model(request.model)
    if wants_tensorrt(config.engine):
        try:
            return open_tensorrt_work(found(request).engines(), model)
        except EngineError as error:
            if config.engine == TENSORRT.name:
                raise EngineError(f"{error}; or use --engine cpu") from error
            print(f"edge-matting: on the CPU: {error}", file=sys.stderr)
    engine = engine_beside(config.engine)
    form = remembered(model, budget.threads, config.folders.state) if has_forms(engine) else EXACT
    return open_cpu_work(engine, replace(model, form=form), budget.threads)
