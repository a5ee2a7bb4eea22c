"""`edge.engine.prepare` in a process of its own: the service goes on meanwhile, and whatever happens costs one attempt.

`python -m edge.engine.prepare_process CHANNEL`. First message in: {"request": EngineRequest's fields, "force": bool}.
Messages out: {"progress": 0..1 or null, "text": what is being done} as it goes, then {"prepared": ...} or {"failed": sentence, "lasting": bool}.
SIGTERM cancels.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.engine.prepare import NotBuilt, prepare
from edge.engine.request import EngineRequest
from edge.engine.tensorrt.engine_set import EngineSet
from edge.ipc.channel import Channel
from edge.ipc.parent_death import die_with_parent, first_for_the_oom_killer
from matting.errors import MattingError

_CANCEL_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Failed:
    """lasting: trying again soon would end the same way, after minutes of building."""

    reason: str
    lasting: bool


class PrepareProcess:
    """One attempt, running. progress is in 0..1, None where it cannot be told; text: what is being done.

    `fileno` becomes readable when there is something to hear.
    """

    def __init__(self, request: EngineRequest, *, force: bool = False) -> None:
        self.progress: float | None = None
        self.text = "starting"
        self._news: list[str] = []
        self._answer: EngineSet | Failed | None = None
        self._channel, theirs = Channel.pair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.engine.prepare_process", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        table = {**asdict(request), "model": str(request.model), "folder": str(request.folder)}
        self._channel.send({"request": table, "force": force})

    def fileno(self) -> int:
        return self._channel.fileno()

    def poll(self) -> EngineSet | Failed | None:
        """All that it has said since the last call; how it ended once it has."""
        while True:
            try:
                received = self._channel.receive()
            except BlockingIOError:
                return None
            if received is None:
                return self._ended()
            message = received[0]
            if "text" in message:
                if message["text"] != self.text:
                    self._news.append(message["text"])
                self.progress, self.text = message["progress"], message["text"]
            elif "prepared" in message:
                self._answer = EngineSet.from_json(message["prepared"])
            else:
                self._answer = Failed(message["failed"], message["lasting"])

    def news(self) -> list[str]:
        """What was begun or found since the last call, a line each."""
        lines, self._news = self._news, []
        return lines

    def cancel(self) -> None:
        """End it and all that it started."""
        self._process.terminate()
        try:
            self._process.wait(_CANCEL_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._channel.close()

    def _ended(self) -> EngineSet | Failed:
        code = self._process.wait()
        self._channel.close()
        if self._answer is not None:
            return self._answer
        cause = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return Failed(f"the preparation of the GPU was {cause}", lasting=False)


class _Cancelled(BaseException):
    """SIGTERM, wherever it finds us."""


def _cancel(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the way out must not be cut short
    raise _Cancelled


def _answer(channel: Channel, table: dict[str, Any], force: bool) -> dict[str, Any]:
    def tell(progress: float | None, text: str) -> None:
        channel.send({"progress": progress, "text": text})

    paths = {name: Path(table[name]) for name in ("model", "folder")}
    request = EngineRequest(**{**table, **paths, "batches": tuple(table["batches"])})
    try:
        return {"prepared": prepare(request, tell, force=force).to_json()}
    except MattingError as error:
        return {"failed": str(error), "lasting": isinstance(error, NotBuilt)}


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the whole group; the parent decides
    die_with_parent()
    first_for_the_oom_killer()
    channel = Channel.inherited(int(sys.argv[1]))
    received = channel.receive()
    if received is None:
        return
    signal.signal(signal.SIGTERM, _cancel)
    try:
        with contextlib.suppress(BrokenPipeError):  # the parent is gone, and we shall be too
            channel.send(_answer(channel, received[0]["request"], received[0]["force"]))
    except _Cancelled:
        sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
