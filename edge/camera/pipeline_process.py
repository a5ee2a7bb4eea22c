"""One run of the feed's pipeline: a child that writes pictures into a pipe, and the two threads that read it out."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from edge.camera.frame import length
from edge.camera.gdp import HEADER, BrokenStream, Caps, Kind, caps, packet
from matting.photo import U8

_PIPE_BYTES = 1 << 20
_LINES_KEPT = 40
_LAST_WORDS, _DEATH = 0.5, 2.0  # seconds


class PipelineProcess:
    """Started by its making, from a thread that lives as long as it should: the kernel ends it with that thread.

    expected: (width, height) of the pictures, None for any. on_picture(raw, caps, arrived) is called on a thread of its
    own. Pictures of another size than expected, or than the first, end the run.
    """

    def __init__(self, command: list[str], expected: tuple[int, int] | None, on_picture: Callable[[U8, Caps, float], None]):
        self._expected = expected
        self._on_picture = on_picture
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._fault: str | None = None
        # Its words are read for causes, so they must be English; a locale must not change them.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "LC_ALL": "C"},
        )
        out, err = self._process.stdout, self._process.stderr
        assert out is not None and err is not None
        _enlarge(out.fileno())
        self._readers = [
            threading.Thread(target=self._read_pictures, args=(out,), name="feed", daemon=True),
            threading.Thread(target=self._read_words, args=(err,), name="feed-words", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether no more pictures will come: it died, hung up, or sent what cannot be."""
        return not self._readers[0].is_alive() or self._process.poll() is not None

    def reap(self) -> tuple[int, str, str | None]:
        """End it, and tell its exit code, what it said, and what was wrong with its pictures, if anything was.

        Its own end is waited for shortly: at the end of a stream the pipe closes before the process ends.
        """
        hung_up = self._fault is None and not self._readers[0].is_alive()
        code = self._exit_code(_LAST_WORDS if hung_up else 0.0)
        for reader in self._readers:
            reader.join(_LAST_WORDS)
        return code, "".join(self._said), self._fault

    def _exit_code(self, patience: float) -> int:
        """A process within a hung driver cannot even be killed: it is left to its fate, not waited for."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience)
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_DEATH)
        return -signal.SIGKILL

    def _read_words(self, err: BinaryIO) -> None:
        with err, os.fdopen(os.dup(err.fileno()), "r", errors="replace") as lines:
            self._said.extend(iter(lambda: lines.readline(1000), ""))

    def _read_pictures(self, out: BinaryIO) -> None:
        current: Caps | None = None
        with out:
            try:
                while (header := _read(out, HEADER)) is not None:
                    coming = packet(header.tobytes())
                    payload = _read(out, coming.length)
                    if payload is None:
                        return
                    if coming.kind is Kind.CAPS:
                        current = self._checked(caps(payload.tobytes()), current)
                    elif coming.kind is Kind.PICTURE:
                        self._hand_on(payload, current)
            except BrokenStream as error:
                self._fault = str(error)

    def _checked(self, new: Caps, old: Caps | None) -> Caps:
        before = self._expected or (None if old is None else (old.width, old.height))
        if before is not None and before != (new.width, new.height):
            raise BrokenStream(f"its pictures are {new} instead of {before[0]}x{before[1]}")
        return new

    def _hand_on(self, raw: U8, caps: Caps | None) -> None:
        if caps is None or raw.size != length(caps):
            raise BrokenStream(f"a picture of {raw.size} bytes does not fit its size {caps}")
        self._on_picture(raw, caps, time.monotonic())


def _read(pipe: BinaryIO, count: int) -> U8 | None:
    """Exactly so many bytes, straight into the memory that they stay in; None at the end of the stream."""
    data = np.empty(count, np.uint8)
    view = data.data
    while view:
        got = pipe.readinto(view)  # type: ignore[attr-defined]
        if not got:
            return None
        view = view[got:]
    return data


def _enlarge(descriptor: int) -> None:
    """Fewer wake-ups for each picture; where the kernel grants less, it stays as it is."""
    with contextlib.suppress(PermissionError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
