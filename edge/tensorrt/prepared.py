"""What the service would like of the GPU, and what it then has of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.tensorrt.plan import BuildPlan, Precision
from edge.tensorrt.store import EngineKey, EngineStore, Missing
from matting.cutters import BuiltEngines
from matting.errors import EngineError


@dataclass(frozen=True, slots=True)
class Wish:
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a worker needs to run on the GPU: the store and the keys of its engines, and the compiled kernels."""

    folder: Path
    keys: tuple[EngineKey, ...]
    kernels: Path

    def to_json(self) -> dict[str, Any]:
        """As a message holds it."""
        return {"folder": str(self.folder), "keys": [asdict(key) for key in self.keys], "kernels": str(self.kernels)}

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Prepared:
        """The inverse of `to_json`."""
        keys = tuple(EngineKey.parse(key) for key in table["keys"])
        return cls(Path(table["folder"]), keys, Path(table["kernels"]))

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
