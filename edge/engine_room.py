"""Which engine the worker runs: the CPU's at once, the GPU's when it is ready, the CPU's again when the GPU fails."""

from __future__ import annotations

import logging
import selectors
from dataclasses import dataclass, field

from edge.preparation import Preparation
from edge.retry import Pause
from edge.tensorrt.prepared import Prepared, Wish

log = logging.getLogger(__name__)

# After a fault the GPU is tried again soon, then ever more rarely. A failed build took minutes: once a day will do.
_FAULT_PAUSE, _LONGEST_PAUSE, _BUILD_PAUSE = 30.0, 3600.0, 86400.0
# Photos on the GPU without a fault, after which earlier ones no longer count.
_TRUSTED_AFTER = 50
_SAY_EVERY = 10.0


@dataclass
class EngineRoom:
    """wish: what the GPU should run; None where the configuration or the machine leaves the CPU only.
    selector: is told of whatever there is to hear."""

    wish: Wish | None
    selector: selectors.BaseSelector
    prepared: Prepared | None = None
    reason: str = ""
    _preparation: Preparation | None = None
    _pause: Pause = field(default_factory=lambda: Pause(_FAULT_PAUSE, _LONGEST_PAUSE))
    _well: int = 0
    _said_at: float = 0.0

    @property
    def building(self) -> bool:
        """Whether the GPU is being made ready, and nothing is wrong so far."""
        return self._preparation is not None and not self.reason

    @property
    def progress(self) -> float | None:
        """Of what is being made ready, 0..1."""
        return None if self._preparation is None else self._preparation.progress

    @property
    def text(self) -> str:
        """What is being made ready."""
        return "" if self._preparation is None else self._preparation.text

    def tend(self, now: float, *, may_begin: bool) -> None:
        """Make the GPU ready where that is due, and hear how it goes."""
        if self._preparation is not None:
            self._hear(self._preparation, now)
        elif may_begin and self.wish is not None and self.prepared is None and now >= self._pause.until:
            self._preparation = Preparation(self.wish)
            self.selector.register(self._preparation, selectors.EVENT_READ)

    def failed(self, reason: str, now: float) -> None:
        """The GPU failed at work, or would not start: back to the CPU, and another try later."""
        if self.prepared is None:  # of several photos in hand, each says so
            return
        self.prepared, self.reason, self._well = None, reason, 0
        self._pause.fail(now)
        log.error("the GPU failed (%s): the CPU goes on, the GPU is tried again in %.0f s", reason, self._pause.until - now)

    def cut_well(self) -> None:
        """A photo was cut on the GPU."""
        if self.prepared is None:  # by a worker that is being given up
            return
        self._well += 1
        self.reason = ""
        if self._well >= _TRUSTED_AFTER:
            self._pause.clear()

    def close(self) -> None:
        """Call off what is being made ready."""
        if self._preparation is not None:
            self.selector.unregister(self._preparation)
            self._preparation.cancel()
            self._preparation = None

    def _hear(self, preparation: Preparation, now: float) -> None:
        ended = preparation.hear()
        self._say(preparation, now)
        if ended is None:
            return
        self.selector.unregister(preparation)
        self._preparation = None
        if isinstance(ended, Prepared):
            self.prepared = ended
            return
        self.reason = ended.reason
        if ended.lasting:
            self._pause.until = now + _BUILD_PAUSE
        else:
            self._pause.fail(now)
        wait = self._pause.until - now
        log.error("the GPU cannot be used (%s): the CPU goes on, the GPU is tried again in %.0f s", ended.reason, wait)

    def _say(self, preparation: Preparation, now: float) -> None:
        """A line for all that is new, and one now and then while it lasts."""
        news = preparation.news()
        for line in news:
            log.info("%s", line)
        if not news and now - self._said_at >= _SAY_EVERY:
            percent = "" if preparation.progress is None else f" {preparation.progress:.0%}"
            log.info("%s%s", preparation.text, percent)
        if news or now - self._said_at >= _SAY_EVERY:
            self._said_at = now
