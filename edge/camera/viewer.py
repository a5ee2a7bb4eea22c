"""Live pictures for another process, for as long as it watches."""

from __future__ import annotations

import threading

from edge.camera.live_frame import LiveFrame
from edge.ipc.latest import Latest
from edge.ipc.picture_stream import PictureSender

_SILENCE = 1.0  # seconds after which the last picture goes again, so that one who has left is found out


class Viewer(threading.Thread):
    """Ends when the other end of the stream is closed, or there are no more pictures."""

    def __init__(self, stream: int, pictures: Latest[LiveFrame]) -> None:
        super().__init__(name="viewer", daemon=True)
        self._sender = PictureSender(stream)
        self._pictures = pictures
        self._watching = True

    def close(self) -> None:
        """After the picture in hand."""
        self._watching = False

    def run(self) -> None:
        number = 0
        while self._watching and not self._pictures.closed:
            frame = self._pictures.after(number, _SILENCE) or self._pictures.peek()
            if frame is not None:
                number = frame.number
                self._watching = self._watching and self._sender.send(frame.jpeg)
        self._sender.close()
