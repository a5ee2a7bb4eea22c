"""The channel between two processes: one message a packet, open files beside it, each with its name.

A child is handed descriptors instead of paths: it can read the photo and write the output that it was handed, nothing else.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.ipc.messages import Decoder, Message, ProtocolError, encode

_LARGEST = 1 << 16
_MOST_FILES = 8  # a photo and a background, and up to six outputs


@dataclass(frozen=True, slots=True)
class Received:
    """A message, and the descriptors that came with it, by name; whoever receives them closes them."""

    message: Any
    files: Mapping[str, int] = field(default_factory=dict)


class Channel:
    """One end of a pair of connected sockets. `send` may be called from several threads.

    decoder: of the messages that may come. takes_files: whether descriptors may come with them; else the kernel closes them.
    """

    def __init__(self, sock: socket.socket, decoder: Decoder, *, takes_files: bool) -> None:
        self._socket = sock
        self._decoder = decoder
        self._files = _MOST_FILES if takes_files else 0
        self._lock = threading.Lock()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def close_reading(self) -> None:
        """From now on nothing comes but the end, which `fileno` tells of as long as it is open."""
        self._socket.shutdown(socket.SHUT_RD)

    def send(self, message: Message, files: Mapping[str, int] | None = None) -> None:
        """files: open descriptors by name; they stay open here.

        Raises:
            OSError: the other end is gone, or takes nothing.
        """
        files = files or {}
        with self._lock:
            socket.send_fds(self._socket, [encode(message, tuple(files))], list(files.values()))

    def receive(self) -> Received | None:
        """The next message; None when the other end is gone, or sends an empty packet, which no message is.

        Raises:
            BlockingIOError: nothing there, at an end that does not wait.
            ProtocolError: what came is no message that is expected here; nothing of it stays open.
        """
        room = socket.CMSG_SPACE(self._files * array.array("i").itemsize) if self._files else 0
        try:
            data, ancillary, flags, _ = self._socket.recvmsg(_LARGEST, room)
        except ConnectionResetError:
            return None
        descriptors = _descriptors(ancillary)
        if not data:
            return None
        try:
            if flags & socket.MSG_TRUNC:
                raise ProtocolError(f"a message of more than {_LARGEST} bytes")
            names, message = self._decoder.decode(data)
            if len(names) != len(descriptors) or len(set(names)) != len(names):
                raise ProtocolError(f"{len(descriptors)} files came for {len(names)} names")
        except ProtocolError:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        return Received(message, dict(zip(names, descriptors, strict=True)))


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    for descriptor in found:
        with contextlib.suppress(OSError):
            os.set_inheritable(descriptor, False)
    return list(found)


def pair() -> tuple[socket.socket, socket.socket]:
    """The parent's socket, which never waits, and the child's, which does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs
