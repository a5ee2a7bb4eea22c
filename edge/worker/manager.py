"""The worker as the loop sees it: there, or on its way; renewed when it hangs, ends or has grown."""

from __future__ import annotations

import logging
import selectors
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.board.budget import Budget
from edge.ipc.backoff import Pause
from edge.ipc.child import ChildExit, ChildProcess
from edge.worker.messages import (
    FROM_WORKER,
    CutPhoto,
    PhotoCut,
    PhotoFailed,
    StageBegun,
    StartWorker,
    WorkerReady,
    WorkerRefused,
)
from matting import errors

log = logging.getLogger(__name__)

_START_TIMEOUT = 120.0
# Large arrays come and go with every photo. Given back to the kernel at once they cost page faults; kept in
# several arenas they cost hundreds of MB for good. One arena, trimmed above 64 MB, is the measured middle.
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
# Threads that are there before the worker locks itself in would stay outside of it; and NumPy's are not used.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}

PhotoMessage = StageBegun | PhotoCut | PhotoFailed


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker ended. cause: a sentence. outside: neither its own fault nor for want of memory: somebody killed it.
    on_gpu: it was given the GPU; was_ready: it had come up."""

    cause: str
    outside: bool
    on_gpu: bool
    was_ready: bool


@dataclass
class WorkerManager:
    """Keeps one worker running. start: the first message of the next one; budget: of which an idle one that has outgrown its
    share is renewed. engine: what the worker at work runs, for people; "" while there is none. memory, gpu_memory: bytes.
    """

    start: StartWorker
    budget: Budget
    selector: selectors.BaseSelector
    engine: str = ""
    memory: int = 0
    gpu_memory: int = 0
    _running: StartWorker | None = None
    _process: ChildProcess | None = None
    _refusal: str = ""
    _started: float = 0.0
    _pause: Pause = field(default_factory=Pause)

    @property
    def ready(self) -> bool:
        """Whether it takes photos: it runs, and as it should."""
        return bool(self.engine) and self._running == self.start

    @property
    def failing(self) -> bool:
        """Whether workers end before they come up."""
        return self._pause.failures > 0

    @property
    def on_gpu(self) -> bool:
        """Whether the worker that runs, or is on its way, was given the GPU."""
        return self._running is not None and self._running.on_gpu

    def poll(self, now: float, *, busy: bool) -> None:
        """Start it where there is none, with back-off; renew it when it is idle and has grown."""
        if self._process is None:
            if now >= self._pause.until:
                self._spawn(now)
        elif not self.engine and now - self._started > _START_TIMEOUT:
            self._process.kill(f"was not ready after {_START_TIMEOUT:.0f} s")
        elif busy:
            return
        elif self._running != self.start:  # between two photos: nothing is lost, and the next worker runs as it now should
            self.close()
            self._spawn(now)
        elif self.memory > self.budget.renew_above(on_gpu=self.on_gpu):
            log.info("worker holds %d MB: renewed", self.memory >> 20)
            self.close()

    def close(self) -> None:
        """End it; what it has in hand is lost."""
        if self._process is not None:
            self._dismissed().stop()

    def kill(self, why: str) -> None:
        """End it at once; `messages` will tell. why: goes on from "the worker"."""
        if self._process is not None:
            self._process.kill(why)

    def send(self, message: CutPhoto, files: Mapping[str, int]) -> None:
        """To a worker that is ready. If it is ending just now, `messages` will tell."""
        if self._process is not None:
            self._process.send(message, files)

    def messages(self) -> tuple[list[PhotoMessage], WorkerExit | None]:
        """What it said about photos, and how it ended if it did.

        Raises:
            MattingError: a worker on the CPU could not start, and another one could not either.
        """
        if self._process is None:
            return [], None
        photos: list[PhotoMessage] = []
        for message in self._process.receive():
            if isinstance(message, WorkerReady | WorkerRefused) and self.engine:
                # It has come up, and may have met a photo that speaks through it: what ends the service is not believed now.
                self._process.kill("started twice and was ended")
            elif isinstance(message, WorkerReady):
                self._on_ready(message)
            elif isinstance(message, WorkerRefused):
                self._on_refused(message)
            else:
                photos.append(message)
                if isinstance(message, PhotoCut | PhotoFailed):
                    self.memory, self.gpu_memory = message.memory, message.gpu_memory
        return photos, None if self._process.ended is None else self._reap(self._process.ended)

    def _spawn(self, now: float) -> None:
        environment = {**_MALLOC, **_ONE_THREAD}
        self._process = ChildProcess("edge.worker.main", self.start, FROM_WORKER, environment=environment)
        self._running, self._started, self.memory, self.gpu_memory = self.start, now, 0, 0
        self.selector.register(self._process, selectors.EVENT_READ)

    def _on_ready(self, message: WorkerReady) -> None:
        self.engine = message.engine
        log.info("ready: engine %s", message.engine)
        if message.unlocked:
            log.warning("this kernel has no %s: the worker is locked in less", " and no ".join(message.unlocked))

    def _on_refused(self, message: WorkerRefused) -> None:
        """It could not start. On the GPU that will be the cause of its end."""
        if not self.on_gpu and errors.known(message.error):
            raise errors.by_name(message.error)(message.message)
        self._refusal = message.message

    def _reap(self, ended: ChildExit) -> WorkerExit:
        was_ready, on_gpu = bool(self.engine), self.on_gpu
        cause = self._refusal or f"the worker {ended}"
        if was_ready or on_gpu:  # it had come up, so the next one will; or the next one goes without the GPU
            self._pause.clear()
        else:
            self._pause.fail(time.monotonic())
        self._dismissed()
        return WorkerExit(cause, ended.from_outside, on_gpu, was_ready)

    def _dismissed(self) -> ChildProcess:
        process, self._process = self._process, None
        assert process is not None
        self.selector.unregister(process)
        self.engine = self._refusal = ""
        return process
