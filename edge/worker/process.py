"""The supervisor's handle on its worker: start, hand over, hear, and know when it is dead or stuck."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from edge.board.facts import oom_kills
from edge.ipc.channel import Channel

# Large arrays come and go with every photo. Given back to the kernel at once they cost page faults; kept in
# several arenas they cost hundreds of MB for good. One arena, trimmed above 64 MB, is the measured middle.
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
# Threads that are there before the worker locks itself in would stay outside of it; and NumPy's are not used.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker ended. outside: neither its own fault nor for want of memory: somebody killed it.
    on_gpu: it was given the GPU; was_ready: it had come up."""

    cause: str
    outside: bool
    on_gpu: bool = False
    was_ready: bool = False


class WorkerProcess:
    """One running worker. A dead one is not started again: make a new one."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._channel, theirs = Channel.pair()
        self._oom_kills = oom_kills()
        self._killed_for: str | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.worker.main", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, **_MALLOC, **_ONE_THREAD},
        )
        theirs.close()
        self.send(setup, [])

    def fileno(self) -> int:
        return self._channel.fileno()

    def send(self, message: dict[str, Any], files: list[int]) -> None:
        """To a worker that may be dying just now: then its death will be read from the channel."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._channel.send(message, files)

    def messages(self) -> tuple[list[dict[str, Any]], bool]:
        """All that it has said since the last call, and whether it still lives."""
        said: list[dict[str, Any]] = []
        while True:
            try:
                received = self._channel.receive()
            except BlockingIOError:
                return said, True
            if received is None:
                return said, False
            said.append(received[0])

    def kill(self, why: str) -> None:
        """End it at once; `why` becomes the cause of its death."""
        self._killed_for = why
        self._process.kill()

    def reap(self) -> WorkerExit:
        """Wait for the end of a worker that hung up or was killed, and tell the cause."""
        self._channel.close()
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._killed_for is not None:
            return WorkerExit(self._killed_for, outside=False)
        if code >= 0:
            return WorkerExit(f"the worker ended with code {code}", outside=False)
        if code == -signal.SIGKILL and oom_kills() == self._oom_kills:
            return WorkerExit("the worker was killed from outside", outside=True)
        reason = " for want of memory" if code == -signal.SIGKILL else ""
        return WorkerExit(f"the worker was killed by {signal.Signals(-code).name}{reason}", outside=False)

    def stop(self) -> None:
        """End an idle worker."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
