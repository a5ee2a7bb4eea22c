"""The worker as the loop sees it: there, or on its way; renewed when it hangs, dies or has grown."""

from __future__ import annotations

import logging
import selectors
import time
from dataclasses import dataclass, field, replace
from typing import Any

from edge.board.budget import Budget
from edge.ipc.backoff import Pause
from edge.worker.process import WorkerExit, WorkerProcess
from matting import errors

log = logging.getLogger(__name__)

_START_TIMEOUT = 120.0


@dataclass
class WorkerManager:
    """Keeps one worker running. setup: the first message of the next one; budget: of which an idle one that has
    outgrown its share is renewed.

    engine: what the worker at work runs, for people; "" while there is none.
    """

    setup: dict[str, Any]
    budget: Budget
    selector: selectors.BaseSelector
    engine: str = ""
    resident: int = 0
    gpu_bytes: int = 0
    _running: dict[str, Any] = field(default_factory=dict)
    _worker: WorkerProcess | None = None
    _refusal: str = ""
    _started: float = 0.0
    _pause: Pause = field(default_factory=Pause)

    @property
    def ready(self) -> bool:
        """Whether it takes photos: it runs, and as it should."""
        return bool(self.engine) and self._running == self.setup

    @property
    def failing(self) -> bool:
        """Whether workers end before they come up."""
        return self._pause.failures > 0

    @property
    def on_gpu(self) -> bool:
        """Whether the worker that runs, or is on its way, was given the GPU."""
        return "gpu" in self._running

    def poll(self, now: float, *, busy: bool) -> None:
        """Start it where there is none, with back-off; renew it when it is idle and has grown."""
        if self._worker is None:
            if now >= self._pause.until:
                self._start(now)
        elif not self.engine and now - self._started > _START_TIMEOUT:
            self._worker.kill(f"the worker was not ready after {_START_TIMEOUT:.0f} s")
        elif busy:
            return
        elif self._running != self.setup:  # between two photos: nothing is lost, and the next worker runs as it now should
            self.close()
            self._start(now)
        elif self.resident > self.budget.renew_above(on_gpu=self.on_gpu):
            log.info("worker holds %d MB: renewed", self.resident >> 20)
            self.close()

    def close(self) -> None:
        """End it; what it has in hand is lost."""
        if self._worker is not None:
            self._dismissed().stop()

    def kill(self, why: str) -> None:
        """End it at once; its death will be heard of."""
        if self._worker is not None:
            self._worker.kill(why)

    def send(self, message: dict[str, Any], files: list[int]) -> None:
        """To a worker that is ready. If it is dying just now, that will be heard of."""
        if self._worker is not None:
            self._worker.send(message, files)

    def messages(self) -> tuple[list[dict[str, Any]], WorkerExit | None]:
        """What it said about photos, and how it died if it did.

        Raises:
            MattingError: a worker on the CPU could not start, and another one could not either.
        """
        if self._worker is None:
            return [], None
        said, alive = self._worker.messages()
        for message in said:
            if "ready" in message:
                self.engine = message["ready"]
                log.info("ready: engine %s", message["ready"])
                if message["unlocked"]:
                    log.warning("this kernel has no %s: the worker is locked in less", " and no ".join(message["unlocked"]))
            elif "memory" in message:
                self.resident, self.gpu_bytes = message["memory"], message["gpu"]
            elif "job" not in message:
                self._refuse(message)
        return [message for message in said if "job" in message], None if alive else self._reap()

    def _start(self, now: float) -> None:
        self._worker, self._running = WorkerProcess(self.setup), self.setup
        self._started, self.resident, self.gpu_bytes = now, 0, 0
        self.selector.register(self._worker, selectors.EVENT_READ)

    def _refuse(self, message: dict[str, Any]) -> None:
        """It could not start. On the GPU that will be the cause of its death."""
        if not self.on_gpu:
            raise errors.by_name(message["error"])(message["message"])
        self._refusal = message["message"]

    def _reap(self) -> WorkerExit:
        was_ready, on_gpu, refusal = bool(self.engine), self.on_gpu, self._refusal
        if was_ready or on_gpu:  # it had come up, so the next one will; or the next one goes without the GPU
            self._pause.clear()
        else:
            self._pause.fail(time.monotonic())
        ended = self._dismissed().reap()
        return replace(ended, cause=refusal or ended.cause, on_gpu=on_gpu, was_ready=was_ready)

    def _dismissed(self) -> WorkerProcess:
        worker, self._worker = self._worker, None
        assert worker is not None
        self.selector.unregister(worker)
        self.engine = self._refusal = ""
        return worker
