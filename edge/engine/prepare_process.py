"""`edge.engine.prepare` in a process of its own: the service goes on meanwhile, and whatever happens costs one attempt.

`python -m edge.engine.prepare_process CHANNEL`; the messages stand in edge/engine/messages.py. SIGTERM cancels.
"""

from __future__ import annotations

import contextlib
import signal
import sys

from edge.engine.messages import (
    FROM_PREPARE,
    TO_PREPARE,
    EnginesReady,
    PrepareFailed,
    PrepareProgress,
    StartPrepare,
)
from edge.engine.prepare import NotBuilt, prepare
from edge.engine.request import EngineRequest
from edge.engine.tensorrt.engine_set import EngineSet
from edge.ipc.channel import Channel
from edge.ipc.child import ChildExit, ChildProcess
from edge.ipc.parent import parent_channel, raise_oom_score
from matting.errors import MattingError

_CANCEL_PATIENCE = 5.0


class PrepareProcess:
    """One attempt, running. progress is in 0..1, None where it cannot be told; text: what is being done.

    `fileno` becomes readable when there is something for `poll`.
    """

    def __init__(self, request: EngineRequest, *, force: bool = False) -> None:
        self.progress: float | None = None
        self.text = "starting"
        self._news: list[str] = []
        self._answer: EngineSet | PrepareFailed | None = None
        self._process = ChildProcess("edge.engine.prepare_process", StartPrepare(request, force), FROM_PREPARE)

    def fileno(self) -> int:
        return self._process.fileno()

    def poll(self) -> EngineSet | PrepareFailed | None:
        """Take up all that it has said since the last call; how it ended once it has."""
        for message in self._process.receive():
            if isinstance(message, PrepareProgress):
                if message.text != self.text:
                    self._news.append(message.text)
                self.progress, self.text = message.progress, message.text
            else:
                self._answer = message.engines if isinstance(message, EnginesReady) else message
        return None if self._process.ended is None else self._answer or _unexplained(self._process.ended)

    def news(self) -> list[str]:
        """What was begun or found since the last call, a line each."""
        lines, self._news = self._news, []
        return lines

    def cancel(self) -> None:
        """End it and all that it started."""
        self._process.terminate(_CANCEL_PATIENCE)
        self._process.stop()


def _unexplained(ended: ChildExit) -> PrepareFailed:
    return PrepareFailed(f"the preparation of the GPU {ended}", lasting=False)


class _Cancelled(BaseException):
    """SIGTERM, wherever it finds us."""


def _cancel(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the way out must not be cut short
    raise _Cancelled


def _answer(channel: Channel, start: StartPrepare) -> EnginesReady | PrepareFailed:
    def tell(progress: float | None, text: str) -> None:
        channel.send(PrepareProgress(progress, text))

    try:
        return EnginesReady(prepare(start.request, tell, force=start.force))
    except MattingError as error:
        return PrepareFailed(str(error), isinstance(error, NotBuilt))


def main() -> None:
    channel = parent_channel(TO_PREPARE)
    raise_oom_score()
    received = channel.receive()
    if received is None:
        return
    signal.signal(signal.SIGTERM, _cancel)
    try:
        with contextlib.suppress(BrokenPipeError):  # the parent is gone, and we shall be too
            channel.send(_answer(channel, received.message))
    except _Cancelled:
        sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
