"""Requests for a picture of the camera: it is taken into the inbox, cut like all others, and its cut-out goes back as well."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from edge.fs.names import printable
from edge.http.messages import OUTPUT, RequestCut, RequestFailed
from edge.intake.source import SourceContext
from edge.monitoring.events import Event
from matting.errors import CameraError, NoPersonFound, OutputError, PhotoError

R = TypeVar("R")

_MOST = 64  # pictures that are waited for: beyond, the oldest are forgotten, whose clients have long gone


class Snaps(Generic[R]):
    """answer: takes a request, a message for its client, and files; one that is closed by then it answers nobody."""

    def __init__(
        self, context: SourceContext, answer: Callable[[R, RequestCut | RequestFailed, dict[str, int]], None]
    ) -> None:
        self._context, self._answer = context, answer
        self._waiting: dict[str, tuple[R, int]] = {}

    def ask(self, request: R, number: int, countdown: float) -> None:
        """Take the picture, of the first camera that there is. number: of the request, as its server knows it."""
        if not self._context.snaps:
            self._fail(request, number, CameraError("no camera runs with this service: see camera.source"))
            return

        def on_result(found: PurePosixPath | CameraError) -> None:
            if isinstance(found, CameraError):
                self._fail(request, number, found)
                return
            self._waiting[printable(found)] = request, number
            while len(self._waiting) > _MOST:
                del self._waiting[next(iter(self._waiting))]

        self._context.snaps[0](countdown, on_result)

    def on_event(self, event: Event) -> None:
        """What became of a photo, perhaps of one that is waited for."""
        if event.kind not in ("cut", "failed", "no-person") or event.name not in self._waiting:
            return
        request, number = self._waiting.pop(event.name)
        if event.kind == "cut":
            self._give(request, number, PurePosixPath(event.output))
        else:
            self._fail(request, number, (NoPersonFound if event.kind == "no-person" else PhotoError)(event.reason))

    def _give(self, request: R, number: int, output: PurePosixPath) -> None:
        try:
            file = os.open(self._context.config.folders.outbox / output, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            words = f"the cut-out {printable(output)} is not there any more: {error.strerror}"
            self._fail(request, number, OutputError(words))
            return
        try:
            self._answer(request, RequestCut(number, output.suffix, 0, 0, {}), {OUTPUT: file})
        finally:
            os.close(file)

    def _fail(self, request: R, number: int, error: CameraError | PhotoError | OutputError) -> None:
        self._answer(request, RequestFailed(number, type(error).__name__, str(error)), {})
