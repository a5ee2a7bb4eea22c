"""What every engine offers, whatever runs the network."""

from __future__ import annotations

from typing import Protocol

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
