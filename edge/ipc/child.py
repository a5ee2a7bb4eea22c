"""A Python process of ours, as its parent sees it: started, spoken to, listened to, ended, and its end told.

Whatever becomes of it, the parent only ever sees messages of the expected types, and one typed exit.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.board.facts import oom_kills
from edge.fs.names import printable
from edge.ipc.channel import Channel, pair
from edge.ipc.messages import Decoder, Message, ProtocolError

_PATIENCE = 5.0  # seconds for a process that has hung up to end
_LOOK = 0.05  # of them, in which it is waited for at a time: it holds the loop no longer
_MOST_MESSAGES = 64  # in one go: whoever talks without end must not hold the loop


@dataclass(frozen=True, slots=True)
class ChildExit:
    """How a child ended. code: as `subprocess` gives it, negative for a signal. killed_for: why we ended it, "" if we did not.
    out_of_memory: whether the kernel ended processes for want of memory meanwhile."""

    code: int
    killed_for: str = ""
    out_of_memory: bool = False

    @property
    def from_outside(self) -> bool:
        """Neither its own fault nor for want of memory: somebody killed it."""
        return not self.killed_for and self.code == -signal.SIGKILL and not self.out_of_memory

    def __str__(self) -> str:
        """What became of it, to go on a sentence with: "ended with code 1", "was killed by SIGSEGV"."""
        if self.killed_for:
            return self.killed_for
        if self.code >= 0:
            return f"ended with code {self.code}"
        if self.from_outside:
            return "was killed from outside, by SIGKILL"
        reason = " for want of memory" if self.code == -signal.SIGKILL else ""
        return f"was killed by {signal.Signals(-self.code).name}{reason}"


class ChildProcess:
    """`python -m MODULE DESCRIPTOR`, running. One that ended is not started again: make a new one.

    start: its first message, with its files. decoder: of what it may say. environment: beside our own.
    heard_at: when it last said something, in seconds of the monotonic clock.
    """

    def __init__(
        self,
        module: str,
        start: Message,
        decoder: Decoder,
        *,
        files: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._oom_kills = oom_kills()
        self._killed_for = ""
        self._exit: ChildExit | None = None
        self._hung_up_at: float | None = None
        self.heard_at = time.monotonic()
        ours, theirs = pair()
        self._channel = Channel(ours, decoder, takes_files=False)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
            )
        self.send(start, files)

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Becomes readable when there is something to receive, its end among it."""
        return self._channel.fileno()

    def send(self, message: Message, files: Mapping[str, int] | None = None) -> None:
        """One that is ending just now, or takes nothing any more, will be heard of by `receive`."""
        try:
            self._channel.send(message, files)
        except BlockingIOError:
            self.kill("took no more messages and was ended")
        except OSError:
            pass  # it is gone, which the channel tells

    def receive(self) -> list[Any]:
        """What it has said since the last call, at most some messages; `ended` tells whether more can come.

        One that says what is not expected is killed: it is broken, or somebody else's. So is one that hangs up and stays.
        """
        said: list[Any] = []
        if self._exit is None and self._hung_up_at is not None:
            self._await_end(self._hung_up_at)
            return said
        while self._exit is None and len(said) < _MOST_MESSAGES:
            try:
                received = self._channel.receive()
            except BlockingIOError:
                break
            except ProtocolError as error:
                self.kill(f"sent what is no message ({printable(str(error))[:200]}) and was ended")
                received = None
            if received is None:
                self._channel.close_reading()
                self._hung_up_at = time.monotonic()
                self._await_end(self._hung_up_at)
                break
            self.heard_at = time.monotonic()
            said.append(received.message)
        return said

    @property
    def ended(self) -> ChildExit | None:
        """How it ended; None while it runs."""
        return self._exit

    def kill(self, why: str) -> None:
        """End it at once; `why` becomes what is told of its exit. Its end will be received."""
        self._killed_for = self._killed_for or why
        self._process.kill()

    def terminate(self, patience: float) -> None:
        """Ask it to end, by SIGTERM, and end it where it has not after so many seconds. Its end will be received."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
            return
        self._process.kill()

    def stop(self, patience: float = 0.0) -> ChildExit:
        """Hang up, give it so many seconds to end by itself, and end it."""
        return self._exit or self._reap(patience)

    def _await_end(self, since: float) -> None:
        """A look at whether it has ended, and the end of its time where it has not. Nothing more of it is heard."""
        try:
            self._process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            if time.monotonic() - since < _PATIENCE:
                return
            self.kill("hung up and was ended")
        self._reap()

    def _reap(self, patience: float = 0.0) -> ChildExit:
        self._channel.close()
        try:
            code = self._process.wait(patience) if patience else self._killed()
        except subprocess.TimeoutExpired:
            code = self._killed()
        self._exit = ChildExit(code, self._killed_for, oom_kills() != self._oom_kills)
        return self._exit

    def _killed(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return self._process.wait()
