"""Pictures from one process to another, the newest only: each is a packet, its JPEG in a file in memory beside it."""

from __future__ import annotations

import os
import socket

from edge.fs.temporary import write_all
from edge.ipc.channel import Channel, Received
from edge.ipc.memory_file import create_memory_file
from edge.ipc.messages import Decoder, Message, ProtocolError

_PICTURE = "picture"
_LARGEST = 16 << 20  # bytes
_FEW = 4096  # bytes of packets that may be under way: some, and each of them holds a picture in memory


class Picture(Message, frozen=True):
    """Its JPEG is in the file that comes with it."""


def picture_pair() -> tuple[socket.socket, socket.socket]:
    """The ends for a sender and a receiver; neither waits."""
    sending, receiving = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _FEW)
    sending.setblocking(False)
    receiving.setblocking(False)
    return sending, receiving


class PictureSender:
    """descriptor: of the sending end, which is closed with this."""

    def __init__(self, descriptor: int) -> None:
        self._channel = Channel(socket.socket(fileno=descriptor), Decoder(Picture), takes_files=False)

    def send(self, jpeg: bytes) -> bool:
        """One that is not taken in time is dropped. False when nobody is there any more."""
        try:
            file = create_memory_file(_PICTURE)
            try:
                write_all(file, jpeg)
                self._channel.send(Picture(), {_PICTURE: file})
            finally:
                os.close(file)
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def close(self) -> None:
        self._channel.close()


class PictureReceiver:
    """descriptor: of the receiving end, which is closed with this."""

    def __init__(self, descriptor: int) -> None:
        self._channel = Channel(socket.socket(fileno=descriptor), Decoder(Picture), takes_files=True)

    def fileno(self) -> int:
        """Becomes readable when there is something to receive, the end among it."""
        return self._channel.fileno()

    def newest(self) -> bytes | None:
        """The last picture that has come since; None where none has.

        Raises:
            EOFError: none will come any more.
        """
        newest = None
        while True:
            try:
                received = self._channel.receive()
            except BlockingIOError:
                return newest
            except ProtocolError as error:
                raise EOFError(str(error)) from error
            if received is None:
                raise EOFError
            newest = _read(received)

    def close(self) -> None:
        self._channel.close()


def _read(received: Received) -> bytes | None:
    data = None
    for file in received.files.values():
        data = os.pread(file, _LARGEST, 0)
        os.close(file)
    return data or None
