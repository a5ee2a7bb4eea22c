"""What every engine offers, whatever runs the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from matting.model import ModelSpec
from matting.photo import F32


class Engine(Protocol):
    """One loaded network. Safe to call from several threads.

    name: for people and status files, such as "cpu (portrait 1.0.0, fp32)".
    """

    name: str

    def infer(self, tensor: F32) -> F32:
        """The alpha of one network input: 1x3xHxW float32 (as the model's `model.toml` says) -> HxW float32 in 0..1.

        Raises:
            EngineError: the run failed.
        """
        ...

    def close(self) -> None:
        """Give the memory back. Later calls of `infer` raise EngineError."""
        ...


@dataclass(frozen=True, slots=True)
class EngineKind:
    """An engine that may be asked for.

    name: as --engine and engine.kind have it. open: (model, threads) -> the engine, loaded; it imports its library then,
    and raises EngineError where this machine does not have it. driver: it starts a GPU's driver or the like. The service's
    worker opens all others after it gave up every right but to read the model's folder and what Python is installed in.
    """

    name: str
    open: Callable[[ModelSpec, int], Engine]
    driver: bool = False
