"""Which engine the worker runs: the CPU's at once, the GPU's when it is ready, the CPU's again when the GPU fails."""

from __future__ import annotations

import logging
import selectors
from dataclasses import dataclass, field

from edge.engine.prepare_process import PrepareProcess
from edge.engine.request import EngineRequest
from edge.engine.tensorrt.engine_set import EngineSet
from edge.ipc.backoff import Pause

log = logging.getLogger(__name__)

# After a fault the GPU is tried again soon, then ever more rarely. A failed build took minutes: once a day will do.
_FAULT_PAUSE, _LONGEST_PAUSE, _BUILD_PAUSE = 30.0, 3600.0, 86400.0
# Photos on the GPU without a fault, after which earlier ones no longer count.
_TRUSTED_AFTER = 50
_SAY_EVERY = 10.0


@dataclass
class GpuManager:
    """request: what the GPU should run; None where the configuration or the machine leaves the CPU only.
    selector: is told of whatever there is to hear."""

    request: EngineRequest | None
    selector: selectors.BaseSelector
    engine_set: EngineSet | None = None
    reason: str = ""
    _process: PrepareProcess | None = None
    _pause: Pause = field(default_factory=lambda: Pause(_FAULT_PAUSE, _LONGEST_PAUSE))
    _well: int = 0
    _said_at: float = 0.0

    @property
    def building(self) -> bool:
        """Whether the GPU is being made ready, and nothing is wrong so far."""
        return self._process is not None and not self.reason

    @property
    def progress(self) -> float | None:
        """Of what is being made ready, 0..1."""
        return None if self._process is None else self._process.progress

    @property
    def text(self) -> str:
        """What is being made ready."""
        return "" if self._process is None else self._process.text

    def poll(self, now: float, *, may_begin: bool) -> None:
        """Make the GPU ready where that is due, and hear how it goes."""
        if self._process is not None:
            self._on_progress(self._process, now)
        elif may_begin and self.request is not None and self.engine_set is None and now >= self._pause.until:
            self._process = PrepareProcess(self.request)
            self.selector.register(self._process, selectors.EVENT_READ)

    def failed(self, reason: str, now: float) -> None:
        """The GPU failed at work, or would not start: back to the CPU, and another try later."""
        if self.engine_set is None:  # of several photos in hand, each says so
            return
        self.engine_set, self.reason, self._well = None, reason, 0
        self._pause.fail(now)
        log.error("the GPU failed (%s): the CPU goes on, the GPU is tried again in %.0f s", reason, self._pause.until - now)

    def cut_well(self) -> None:
        """A photo was cut on the GPU."""
        if self.engine_set is None:  # by a worker that is being given up
            return
        self._well += 1
        self.reason = ""
        if self._well >= _TRUSTED_AFTER:
            self._pause.clear()

    def close(self) -> None:
        """Call off what is being made ready."""
        if self._process is not None:
            self.selector.unregister(self._process)
            self._process.cancel()
            self._process = None

    def _on_progress(self, process: PrepareProcess, now: float) -> None:
        ended = process.poll()
        self._say(process, now)
        if ended is None:
            return
        self.selector.unregister(process)
        self._process = None
        if isinstance(ended, EngineSet):
            self.engine_set = ended
            return
        self.reason = ended.reason
        if ended.lasting:
            self._pause.until = now + _BUILD_PAUSE
        else:
            self._pause.fail(now)
        wait = self._pause.until - now
        log.error("the GPU cannot be used (%s): the CPU goes on, the GPU is tried again in %.0f s", ended.reason, wait)

    def _say(self, process: PrepareProcess, now: float) -> None:
        """A line for all that is new, and one now and then while it lasts."""
        news = process.news()
        for line in news:
            log.info("%s", line)
        if not news and now - self._said_at >= _SAY_EVERY:
            percent = "" if process.progress is None else f" {process.progress:.0%}"
            log.info("%s%s", process.text, percent)
        if news or now - self._said_at >= _SAY_EVERY:
            self._said_at = now
