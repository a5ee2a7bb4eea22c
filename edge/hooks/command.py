"""A program of the operator's that is told of photos on its standard input. Whatever it does, a try ends in time."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from edge.fs.names import printable
from edge.fs.temporary import write_all
from edge.hooks.queue import HookFailed
from edge.ipc.memory_file import create_memory_file

_LOOK = 0.05  # seconds between two looks at whether it has ended
_BREATH = 0.005  # seconds after each piece of what it complains: whoever complains without end takes no core
_PIECE, _TAIL = 1 << 16, 1000  # bytes that are read at once, and that are kept


class Command:
    """Called with what the program shall read, JSON; see `edge.hooks.queue.Tell`. Exit code 0 means that it has done it.

    It inherits no descriptor, and of the environment PATH and LANG; it runs in /, in a process group of its own. Its output
    is thrown away; the last line of its complaints is told where it fails.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": os.environ.get("LANG", "C.UTF-8")}

    def __call__(self, body: bytes, until: Callable[[], float]) -> None:
        try:
            process = self._started(body)
        except OSError as error:
            raise HookFailed(f"{self._words[0]} cannot be run: {error.strerror}") from error
        with process:
            complaint = _watched(process, until)
        if process.returncode:
            code = process.returncode
            how = f"ended with code {code}" if code > 0 else f"was killed by signal {-code}"
            raise HookFailed(f"it {how}" + (f": {complaint}" if complaint else ""))

    def _started(self, body: bytes) -> subprocess.Popen[bytes]:
        given = create_memory_file("hook")  # unlike a pipe it takes everything at once, whether anybody reads or not
        try:
            write_all(given, body)
            os.lseek(given, 0, os.SEEK_SET)
            return subprocess.Popen(
                self._words,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=self._environment,
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(given)


def _watched(process: subprocess.Popen[bytes], until: Callable[[], float]) -> str:
    """Until it ends. Gives the last line of its complaints; what it leaves running is not waited for.

    Raises:
        HookFailed: it took too long, and was killed with its whole group.
    """
    assert process.stderr is not None
    complaints = process.stderr.fileno()
    os.set_blocking(complaints, False)
    waiting = select.poll()
    waiting.register(complaints, select.POLLIN)
    tail, silent = b"", False
    while process.poll() is None:
        if time.monotonic() >= until():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise HookFailed("it took too long and was killed")
        if silent:
            time.sleep(_LOOK)
        elif waiting.poll(_LOOK * 1000):
            data = _piece(complaints)
            tail, silent = (tail + data)[-_TAIL:], not data
            time.sleep(_BREATH)
    lines = (tail + _piece(complaints))[-_TAIL:].decode(errors="replace").split("\n")
    return printable(next((line.strip() for line in reversed(lines) if line.strip()), ""))


def _piece(descriptor: int) -> bytes:
    with suppress(BlockingIOError):
        return os.read(descriptor, _PIECE)
    return b""
