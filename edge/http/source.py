"""Requests over HTTP as a source: what clients have sent is cut, and the cut-outs go back to them. Nothing stays on a disk."""

from __future__ import annotations

import json
import logging
import os
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import PurePosixPath

from edge.config.options import Options
from edge.config.settings import beside, output_format
from edge.delivery.attempts import Attempts
from edge.fs.files import make_folders
from edge.http.live_streams import LiveStreams
from edge.http.manager import AskMessage, HttpManager
from edge.http.messages import (
    BACKGROUND,
    OUTPUT,
    PHOTO,
    STATUS,
    TOO_LATE,
    EventTold,
    LiveAsked,
    RequestCut,
    RequestFailed,
    RequestOpened,
    RequestSent,
    SlotGiven,
    SnapAsked,
    StartHttp,
    StatusTold,
)
from edge.http.request import HttpRequest
from edge.http.snaps import Snaps
from edge.intake.open_input import open_background
from edge.intake.source import REQUEST, Input, Opened, Output, SourceContext
from edge.ipc.memory_file import create_memory_file, seal
from edge.monitoring.events import CutFacts, Event
from edge.monitoring.status import SourceStatus, Status
from matting.errors import MattingError, OutputError, SettingsError

log = logging.getLogger(__name__)

_IN_MEMORY = 8 << 20  # bytes of a body up to which it waits in memory: a photo of 12 MP or two
_MORE_TIME = 5.0  # seconds beyond what a cut-out and its way back may take, after which the server should have closed it
_OWN_BACKGROUND = "./background"  # as if a file were named


class HttpSource:
    """See `Source`. A request is known from its headers on; the server says when its client has gone."""

    def __init__(self, context: SourceContext, start: StartHttp) -> None:
        self.name = "live" if start.live_only else "http"
        self._options, self._state = start.defaults, context.config.folders.state
        self._slots, self._deadline = start.slots, start.http.deadline
        self._requests: dict[int, HttpRequest] = {}
        self._waiting: deque[HttpRequest] = deque()
        self._in_hand: dict[PurePosixPath, HttpRequest] = {}
        self._serial = 0
        self._manager = HttpManager(start, context.selector, self._on_message, self._forget_all)
        self._snaps: Snaps[HttpRequest] = Snaps(context, self._answer)
        self._live = LiveStreams(context, self.name, self._manager.send)
        if not start.live_only:
            context.add_listener(self)
            context.events.listen(self._on_event)

    def poll(self, now: float) -> None:
        self._manager.poll(now)
        longest = self._deadline + _MORE_TIME
        for request in [each for each in self._requests.values() if now >= each.until + longest]:
            self._manager.kill(f"kept a request for {self._deadline + longest:.0f} s and was ended")
            request.until = float("inf")
        if any(request.too_full for request in self._requests.values()):
            self._manager.kill("wrote more than it had announced and was ended")

    def take(self, now: float, priority: int) -> Input | None:
        while priority == REQUEST and self._waiting:
            request = self._waiting.popleft()
            if request.number in self._requests and self._requests[request.number] is request:
                if now < request.until:
                    self._in_hand[request.path] = request
                    return Input(request.path, request.attempts, private=True)
                self._answer(request, RequestFailed(request.number, TOO_LATE, "the photo waited too long for its turn"))
        return None

    def open(self, photo: Input) -> Opened | None:
        request = self._in_hand[photo.path]
        if not request.files:  # its client has gone since
            del self._in_hand[photo.path]
            return None
        options = self._checked(request)
        # Read-only, and with an offset of its own.
        background = _reopened(request.files[BACKGROUND]) if request.own_background else _configured_background(options)
        return Opened(_reopened(request.files[PHOTO]), options, background)

    def deliver(self, photo: Input, outputs: Sequence[Output], facts: CutFacts) -> str | None:
        request = self._in_hand.pop(photo.path)
        output = outputs[0]
        cut = RequestCut(request.number, output.suffix, *facts.size, dict(facts.stage_ms), facts.foreground)
        self._answer(request, cut, {OUTPUT: output.descriptor})
        return "its client"

    def refuse(self, photo: Input, error: MattingError, attempts: Attempts) -> bool:
        request = self._in_hand.pop(photo.path)
        self._answer(request, RequestFailed(request.number, type(error).__name__, str(error)))
        return True

    def retry(self, photo: Input, attempts: Attempts) -> None:
        request = self._in_hand.pop(photo.path)
        request.attempts = attempts
        self._waiting.appendleft(request)

    def wait(self, now: float, *, taking: bool) -> float:
        return 1.0

    def drained(self, now: float) -> bool:
        return not self._requests

    def status(self) -> SourceStatus:
        state = self._manager.state
        return SourceStatus(
            self.name,
            waiting=len(self._waiting),
            up=self._manager.up,
            words=self._manager.words,
            memory=0 if state is None else state.memory,
        )

    def tell(self, status: Status) -> None:
        """What the server says of the service from now on."""
        with suppress(OSError):
            descriptor = create_memory_file(STATUS)
            try:
                os.write(descriptor, json.dumps(asdict(status)).encode())
                self._manager.send(StatusTold(), {STATUS: descriptor})
            finally:
                os.close(descriptor)

    def close(self) -> None:
        self._manager.close()
        self._forget_all()

    # -- what the server says --------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        self._manager.send(EventTold(event))
        self._snaps.on_event(event)

    def _on_message(self, message: AskMessage) -> None:
        if isinstance(message, LiveAsked):
            self._live.ask()
            return
        known = self._requests.get(message.request)
        if isinstance(message, RequestOpened):
            if known is not None or len(self._requests) >= self._slots:
                self._manager.kill("asked for more than it may have and was ended")
            else:
                self._open(message)
        elif known is None:
            self._manager.kill("spoke of a request that it does not have and was ended")
        elif isinstance(message, RequestSent):
            self._sent(known, message)
        elif isinstance(message, SnapAsked):
            self._snap(known, message)
        else:
            self._forget(known)

    def _open(self, message: RequestOpened) -> None:
        self._serial += 1
        until = time.monotonic() + self._deadline
        request = HttpRequest(message.request, PurePosixPath(f"http-{self._serial}"), until, message.size)
        self._requests[message.request] = request
        try:
            request.files[PHOTO] = self._file(message.size)
            if message.background:
                request.files[BACKGROUND] = self._file(message.size)
        except OSError as error:
            request.close()
            log.error("no room for a request: %s", error.strerror)
            words = f"there is no room for the photo: {error.strerror}"
            self._manager.send(RequestFailed(message.request, OutputError.__name__, words))
            return
        self._manager.send(SlotGiven(message.request), request.files)

    def _sent(self, request: HttpRequest, message: RequestSent) -> None:
        if request.options is not None or not request.files:
            self._manager.kill("sent a photo twice and was ended")
            return
        if message.own_background and BACKGROUND not in request.files:
            self._manager.kill("spoke of a background that it does not have and was ended")
            return
        request.options, request.own_background = message.options, message.own_background
        with suppress(OSError):  # on a disk there is no seal, and the worker reads it once
            seal(request.files[PHOTO])
        self._waiting.append(request)

    def _snap(self, request: HttpRequest, message: SnapAsked) -> None:
        if request.options is not None or not request.files:
            self._manager.kill("asked for a second photo and was ended")
            return
        request.options = self._options
        self._snaps.ask(request, request.number, message.countdown)

    def _file(self, size: int | None) -> int:
        """A file without a name: in memory where it is small, else on the state folder's disk."""
        if size is not None and size <= _IN_MEMORY:
            return create_memory_file(PHOTO)
        make_folders(self._state)
        return os.open(self._state, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def _answer(self, request: HttpRequest, message: RequestCut | RequestFailed, files: dict[str, int] | None = None) -> None:
        """The server's client hears of it, unless it has gone. What it sent is not needed any more."""
        if self._requests.get(request.number) is request:
            self._manager.send(message, files)
        request.close()

    def _forget(self, request: HttpRequest) -> None:
        del self._requests[request.number]
        request.close()

    def _forget_all(self) -> None:
        """The server has ended, and its clients with it."""
        for request in list(self._requests.values()):
            self._forget(request)
        self._waiting.clear()

    def _checked(self, request: HttpRequest) -> Options:
        """What it asks for, where that exists and names no file of this machine's but what the service itself uses."""
        assert request.options is not None
        output_format(request.options)
        # One file is answered: what is made beside an ID photo comes with it in a ZIP.
        options = replace(request.options, mask=False, archive=bool(beside(request.options).parts))
        if request.own_background:
            return replace(options, background=_OWN_BACKGROUND)
        file = request.options.background_file
        if file is not None and file != self._options.background_file:
            raise SettingsError("the background is a file's name: a request can only ask for a colour, blur or none")
        return options


def _configured_background(options: Options) -> int | None:
    try:
        return open_background(options)
    except OSError as error:
        raise SettingsError(f"the configured background cannot be opened: {error.strerror}") from error


def _reopened(descriptor: int) -> int:
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
