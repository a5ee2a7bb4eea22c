"""Messages between supervisor and worker: one JSON object a packet, open files beside it.

The worker gets descriptors instead of paths: it can read the photo and write the output that it was handed, nothing else.
"""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

_LARGEST = 1 << 16
_MOST_FILES = 4


class Channel:
    """One end of a pair of connected sockets. `send` may be called from several threads."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.Lock()

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """The supervisor's end, which never waits, and the worker's, which does."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        return cls(ours), cls(theirs)

    @classmethod
    def inherited(cls, descriptor: int) -> Channel:
        return cls(socket.socket(fileno=descriptor))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, message: dict[str, Any], files: list[int] | None = None) -> None:
        """Raises OSError when the other end is gone."""
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(message).encode()], files or [])

    def receive(self) -> tuple[dict[str, Any], list[int]] | None:
        """The next message and its files; None when the other end is gone.

        Raises:
            BlockingIOError: nothing there, at the end that does not wait.
        """
        try:
            data, files, _, _ = socket.recv_fds(self._socket, _LARGEST, _MOST_FILES)
        except ConnectionResetError:
            return None
        return (json.loads(data), files) if data else None
