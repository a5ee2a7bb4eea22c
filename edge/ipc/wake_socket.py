"""What wakes a loop that waits in a selector, from any thread and from signal handlers."""

from __future__ import annotations

import contextlib
import socket


class WakeSocket:
    """Register it for reading; `clear` it when it is readable."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        return self._reader.fileno()

    def wake(self) -> None:
        """Make the selector return, now or as soon as it is asked."""
        with contextlib.suppress(BlockingIOError):  # full: it will return already
            self._writer.send(b"\0")

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()
