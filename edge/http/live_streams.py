"""Live pictures from the camera's process to a server's, past the supervisor, who only joins the two."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from edge.http.messages import STREAM, LiveGiven, LiveRefused
from edge.intake.source import SourceContext
from edge.ipc.picture_stream import picture_pair
from matting.errors import CameraError

_AT_MOST_EVERY = 0.5  # seconds: whoever asks without end must not keep the camera's process busy


class LiveStreams:
    """viewer: the server's name. send: takes a message for it, and files."""

    def __init__(
        self, context: SourceContext, viewer: str, send: Callable[[LiveGiven | LiveRefused, Mapping[str, int]], None]
    ) -> None:
        self._context, self._viewer, self._send = context, viewer, send
        self._given = -_AT_MOST_EVERY

    def ask(self) -> None:
        """Live video of the first camera that there is."""
        now = time.monotonic()
        if not self._context.live:
            self._send(LiveRefused("no camera runs with this service: see camera.source"), {})
        elif now - self._given < _AT_MOST_EVERY:
            self._send(LiveRefused("live video was asked for just now"), {})
        else:
            self._given = now
            self._give()

    def _give(self) -> None:
        sending, receiving = picture_pair()
        with sending, receiving:
            try:
                self._context.live[0](self._viewer, sending.fileno())
            except CameraError as error:
                self._send(LiveRefused(str(error)), {})
            else:
                self._send(LiveGiven(), {STREAM: receiving.fileno()})
