"""The parent's handle on a build: start, hear, cancel, and know how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from edge.engine.tensorrt.plan import BuildPlan, Built
from edge.fs.files import write_all
from edge.ipc.channel import Channel

# A build is between two steps for at most some seconds; then its process is killed.
_CANCEL_PATIENCE = 2.0

Ending = Literal["built", "short", "refused", "cancelled"]
_ENDINGS: tuple[Ending, ...] = ("short", "refused", "cancelled")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended. "short" means that less memory may do: the child died, or TensorRT found no implementation within
    its limits. "refused" means that no plan will: the network, or this machine. built: with "built" only."""

    kind: Ending
    reason: str = ""
    built: Built | None = None


class BuildProcess:
    """One build, running. progress is in 0..1; `fileno` becomes readable when there is something to hear."""

    def __init__(self, onnx: Path, plan: BuildPlan, timing_cache: bytes) -> None:
        self.progress = 0.0
        self.phase = "starting"
        self._answer: dict[str, Any] = {}
        # In memory, not on the disk: nothing to clean up, whoever dies when. They hold some 20 MB.
        self._engine, self._cache = os.memfd_create("engine"), os.memfd_create("timing-cache")
        write_all(self._cache, timing_cache)
        os.lseek(self._cache, 0, os.SEEK_SET)
        self._channel, theirs = Channel.pair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.engine.tensorrt.build_child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            # Kernels are loaded when they are first used: TensorRT carries hundreds of MB of them.
            env={**os.environ, "CUDA_MODULE_LOADING": "LAZY"},
        )
        theirs.close()
        request = {"onnx": str(onnx), "plan": asdict(plan)}
        self._channel.send(request, [self._engine, self._cache])

    def fileno(self) -> int:
        return self._channel.fileno()

    def poll(self) -> Outcome | None:
        """All that it has said since the last call; its outcome once it ended."""
        while True:
            try:
                received = self._channel.receive()
            except BlockingIOError:
                return None
            if received is None:
                return self._ended()
            if "progress" in received[0]:
                self.progress, self.phase = received[0]["progress"], received[0]["phase"]
            else:
                self._answer = received[0]

    def cancel(self) -> None:
        """End it, at its next step or by force; `hear` then gives the outcome."""
        self._process.terminate()
        try:
            self._process.wait(_CANCEL_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._answer = self._answer or {"cancelled": "the build was cancelled"}

    def _ended(self) -> Outcome:
        code = self._process.wait()
        self._channel.close()
        with os.fdopen(self._engine, "rb") as engine, os.fdopen(self._cache, "rb") as cache:
            if "built" in self._answer:
                engine.seek(0)
                cache.seek(0)
                return Outcome("built", self._answer["built"], Built(engine.read(), cache.read()))
        for kind in _ENDINGS:
            if kind in self._answer:
                return Outcome(kind, self._answer[kind])
        # On a board with unified memory the kernel, not TensorRT, ends what asks for too much.
        cause = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return Outcome("short", f"the builder was {cause}: taken for want of memory")
