"""The HTTP server as the supervisor sees it: a process that is kept running, and says what clients ask for."""

from __future__ import annotations

import logging
import selectors
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge.config.http import written
from edge.fs.names import printable
from edge.http.messages import (
    FROM_HTTP,
    HttpState,
    LiveAsked,
    RequestClosed,
    RequestOpened,
    RequestSent,
    SnapAsked,
    StartHttp,
)
from edge.ipc.backoff import Pause
from edge.ipc.child import ChildExit, ChildProcess
from edge.ipc.messages import Message

log = logging.getLogger(__name__)

_SILENCE = 30.0  # seconds without a word
_SETTLED = 60.0  # seconds of serving, after which earlier failures no longer count
_SAY_EVERY = 5.0  # seconds at least between two lines on why nothing is served
_FAREWELL = 3.0  # seconds to tell the clients that wait
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(1 << 20)}

RequestMessage = RequestOpened | RequestSent | SnapAsked | RequestClosed
AskMessage = RequestMessage | LiveAsked


@dataclass
class HttpManager:
    """Whatever becomes of the server, the supervisor only ever sees that its requests are gone.

    on_message: called with what it asks for. on_exit: called when it has ended. state: what it last said of itself.
    """

    start: StartHttp
    selector: selectors.BaseSelector
    on_message: Callable[[AskMessage], None]
    on_exit: Callable[[], None]
    state: HttpState | None = None
    _process: ChildProcess | None = None
    _pause: Pause = field(default_factory=Pause)
    _served_at: float = float("inf")
    _said_at: float = float("-inf")

    @property
    def up(self) -> bool:
        """Whether clients are served."""
        return self.state is not None and not self.state.fault

    @property
    def words(self) -> str:
        """How it is, in a line."""
        address = written(self.start.http.listen)
        if self.state is None:
            return f"{address} is being opened"
        return self.state.fault or f"{address} is served"

    def poll(self, now: float) -> None:
        """Start it where it is not running, with back-off; hear it out; end it when it says nothing any more."""
        if self._process is None:
            if now >= self._pause.until:
                self._process = ChildProcess("edge.http.main", self.start, FROM_HTTP, environment=_MALLOC)
                self.selector.register(self._process, selectors.EVENT_READ)
            return
        for message in self._process.receive():
            if isinstance(message, HttpState):
                self._on_state(message, now)
            else:
                self.on_message(message)
        if self._process.ended is not None:
            self._on_exit(self._process.ended)
        elif now - self._process.heard_at > _SILENCE:
            self.kill(f"said nothing for {_SILENCE:.0f} s and was ended")

    def send(self, message: Message, files: Mapping[str, int] | None = None) -> None:
        """To a server that runs; else to nobody, as its clients are gone too."""
        if self._process is not None:
            self._process.send(message, files)

    def kill(self, why: str) -> None:
        """End it at once. why: goes on from "the HTTP server"."""
        if self._process is not None:
            self._process.kill(why)

    def close(self) -> None:
        """Hang up: it tells the clients that wait, and ends."""
        if self._process is not None:
            self.selector.unregister(self._process)
            self._process.stop(_FAREWELL)
            self._process = None

    def _on_state(self, state: HttpState, now: float) -> None:
        before = self.state
        if state.fault and self.up:
            self.kill("said that it serves no more and was ended")
            return
        if state.fault and (before is None or before.fault != state.fault) and now - self._said_at >= _SAY_EVERY:
            log.error("%s %s", self.start.setting, printable(state.fault))
            self._said_at = now
        elif not state.fault and not self.up:
            log.info("%s %s is served now", self.start.setting, written(self.start.http.listen))
            self._served_at = now
        self.state = state

    def _on_exit(self, ended: ChildExit) -> None:
        assert self._process is not None
        self.selector.unregister(self._process)
        now = time.monotonic()
        if ended.from_outside or now - self._served_at >= _SETTLED:
            self._pause.clear()
        self._pause.fail(now)
        self._process, self.state, self._served_at = None, None, float("inf")
        self.on_exit()
        wait = self._pause.until - time.monotonic()
        log.warning("the HTTP server %s; started again in %.0f s", ended, wait)
