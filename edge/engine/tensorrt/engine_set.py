"""The engines that a board has, as they travel from one process to another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.engine.tensorrt.store import EngineKey, EngineStore, Missing
from matting.cuda.tensorrt_work import BuiltEngines
from matting.errors import EngineError


@dataclass(frozen=True, slots=True)
class EngineSet:
    """What a worker needs to run on the GPU: the store and the keys of its engines, and the compiled kernels."""

    folder: Path
    keys: tuple[EngineKey, ...]
    kernels: Path

    def engines(self) -> BuiltEngines:
        """The engines themselves, checked once more.

        Raises:
            EngineError: one is gone, cut short or altered.
        """
        store, engines = EngineStore(self.folder), {}
        for key in self.keys:
            stored = store.load(key)
            if isinstance(stored, Missing):
                raise EngineError(stored.reason)
            engines[key.plan.batch] = stored.engine
        return BuiltEngines(self.keys[0].plan.precision, engines, self.kernels)
