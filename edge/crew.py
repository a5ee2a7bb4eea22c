"""The worker as the loop sees it: there, or on its way; renewed when it hangs, dies or has grown."""

from __future__ import annotations

import logging
import selectors
import time
from dataclasses import dataclass, field
from typing import Any

from edge.retry import Pause
from edge.worker_process import Death, WorkerProcess

log = logging.getLogger(__name__)

_START_TIMEOUT = 120.0


@dataclass
class Crew:
    """Keeps one worker running. setup: its first message; memory: bytes beyond which an idle one is renewed."""

    setup: dict[str, Any]
    memory: int
    selector: selectors.BaseSelector
    ready: bool = False
    _worker: WorkerProcess | None = None
    _started: float = 0.0
    _resident: int = 0
    _pause: Pause = field(default_factory=Pause)

    def tend(self, now: float, *, busy: bool) -> None:
        """Start it where there is none, with back-off; renew it when it is idle and has grown."""
        if self._worker is None:
            if now >= self._pause.until:
                self._start(now)
        elif not self.ready and now - self._started > _START_TIMEOUT:
            self._worker.kill(f"the worker was not ready after {_START_TIMEOUT:.0f} s")
        elif not busy and self._resident > self.memory:
            log.info("worker holds %d MB: renewed", self._resident >> 20)
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

    def messages(self) -> tuple[list[dict[str, Any]], Death | None]:
        """What it said about photos, and how it died if it did."""
        if self._worker is None:
            return [], None
        said, alive = self._worker.messages()
        for message in said:
            if "ready" in message:
                self.ready = True
                log.info("ready: engine %s", message["ready"])
            elif "memory" in message:
                self._resident = message["memory"]
        return [message for message in said if "ready" not in message], None if alive else self._bury()

    def _start(self, now: float) -> None:
        self._worker = WorkerProcess(self.setup)
        self._started, self._resident = now, 0
        self.selector.register(self._worker, selectors.EVENT_READ)

    def _bury(self) -> Death:
        if self.ready:  # it had come up, so the next one will
            self._pause.clear()
        else:
            self._pause.fail(time.monotonic())
        return self._dismissed().bury()

    def _dismissed(self) -> WorkerProcess:
        worker, self._worker = self._worker, None
        assert worker is not None
        self.selector.unregister(worker)
        self.ready = False
        return worker
