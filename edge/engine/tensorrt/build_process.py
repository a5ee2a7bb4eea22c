"""The parent's handle on a build: start, poll, cancel, and know how it ended."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.engine.messages import ENGINE, FROM_BUILD, TIMING_CACHE, BuildEnded, BuildProgress, StartBuild
from edge.engine.tensorrt.plan import BuildPlan, Built
from edge.fs.files import write_all
from edge.ipc.child import ChildExit, ChildProcess

# A build is between two steps for at most some seconds; then its process is killed.
_CANCEL_PATIENCE = 2.0
# Kernels are loaded when they are first used: TensorRT carries hundreds of MB of them.
LAZY = {"CUDA_MODULE_LOADING": "LAZY"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended. "short" means that less memory may do: the child died, or TensorRT found no implementation within
    its limits. "refused" means that no plan will: the network, or this machine. built: with "built" only."""

    kind: Literal["built", "short", "refused", "cancelled"]
    reason: str = ""
    built: Built | None = None


class BuildProcess:
    """One build, running. progress is in 0..1; `fileno` becomes readable when there is something for `poll`."""

    def __init__(self, onnx: Path, plan: BuildPlan, timing_cache: bytes) -> None:
        self.progress = 0.0
        self.phase = "starting"
        self._answer: BuildEnded | None = None
        self._cancelled = False
        # In memory, not on the disk: nothing to clean up, whoever dies when. They hold some 20 MB.
        self._engine, self._cache = os.memfd_create("engine"), os.memfd_create("timing-cache")
        write_all(self._cache, timing_cache)
        os.lseek(self._cache, 0, os.SEEK_SET)
        self._process = ChildProcess(
            "edge.engine.tensorrt.build_child",
            StartBuild(onnx, plan),
            FROM_BUILD,
            files={ENGINE: self._engine, TIMING_CACHE: self._cache},
            environment=LAZY,
        )

    def fileno(self) -> int:
        return self._process.fileno()

    def poll(self) -> Outcome | None:
        """Take up all that it has said since the last call; its outcome once it ended."""
        for message in self._process.receive():
            if isinstance(message, BuildProgress):
                self.progress, self.phase = message.progress, message.phase
            else:
                self._answer = message
        return None if self._process.ended is None else self._outcome(self._process.ended)

    def cancel(self) -> None:
        """End it, at its next step or by force; `poll` then gives the outcome."""
        self._cancelled = True
        self._process.terminate(_CANCEL_PATIENCE)

    def _outcome(self, ended: ChildExit) -> Outcome:
        with os.fdopen(self._engine, "rb") as engine, os.fdopen(self._cache, "rb") as cache:
            if self._answer is None and self._cancelled:
                return Outcome("cancelled", "the build was cancelled")
            if self._answer is None:
                # On a board with unified memory the kernel, not TensorRT, ends what asks for too much.
                return Outcome("short", f"the builder {ended}: taken for want of memory")
            if self._answer.outcome != "built":
                return Outcome(self._answer.outcome, self._answer.reason)
            engine.seek(0)
            cache.seek(0)
            return Outcome("built", self._answer.reason, Built(engine.read(), cache.read()))
