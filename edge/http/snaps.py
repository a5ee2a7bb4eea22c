"""Requests for a picture of the camera: it is taken into the inbox, cut like all others, and its cut-out goes back as well."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from edge.fs.names import printable
from edge.http.messages import OUTPUT, RequestCut, RequestFailed, SnapAsked
from edge.intake.source import SourceContext
from edge.ipc.messages import Message
from edge.monitoring.events import Event
from matting.errors import CameraError, NoPersonFound, OutputError, PhotoError

_MOST = 64  # pictures that are waited for: beyond, the oldest are forgotten, whose clients have long gone


class Snaps:
    """send: to the HTTP server, where a request that is closed is nobody's."""

    def __init__(self, context: SourceContext, send: Callable[[Message, Mapping[str, int] | None], None]) -> None:
        self._context, self._send = context, send
        self._waiting: dict[str, tuple[int, PurePosixPath]] = {}

    def ask(self, message: SnapAsked) -> None:
        """Take the picture, of the first camera that there is."""
        if not self._context.snaps:
            self._fail(message.request, CameraError("no camera runs with this service: see camera.source"))
            return

        def on_result(found: PurePosixPath | CameraError) -> None:
            if isinstance(found, CameraError):
                self._fail(message.request, found)
                return
            self._waiting[printable(found)] = message.request, found
            while len(self._waiting) > _MOST:
                del self._waiting[next(iter(self._waiting))]

        self._context.snaps[0](message.countdown, on_result)

    def on_event(self, event: Event) -> None:
        """What became of a photo, perhaps of one that is waited for."""
        if event.kind not in ("cut", "failed", "no-person") or event.name not in self._waiting:
            return
        request, path = self._waiting.pop(event.name)
        if event.kind == "cut":
            self._give(request, path.parent / event.output)
        else:
            self._fail(request, (NoPersonFound if event.kind == "no-person" else PhotoError)(event.reason))

    def _give(self, request: int, output: PurePosixPath) -> None:
        try:
            file = os.open(self._context.config.folders.outbox / output, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            self._fail(request, OutputError(f"the cut-out {printable(output)} is not there any more: {error.strerror}"))
            return
        try:
            self._send(RequestCut(request, output.suffix, 0, 0, {}), {OUTPUT: file})
        finally:
            os.close(file)

    def _fail(self, request: int, error: CameraError | PhotoError | OutputError) -> None:
        self._send(RequestFailed(request, type(error).__name__, str(error)), None)
