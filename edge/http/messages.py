"""What supervisor and HTTP server say to each other."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.config.http import HttpOptions
from edge.config.options import Options
from edge.ipc.messages import Count, Decoder, Message, Text, Word
from edge.monitoring.events import Event
from matting.photo import Box

# The files that go with SlotGiven, to write, with RequestCut and with StatusTold, to read; and LiveGiven's stream.
PHOTO, BACKGROUND, OUTPUT, STATUS, STREAM = "photo", "background", "output", "status", "stream"


class StartHttp(Message, frozen=True):
    """The first message. defaults: what is asked for where a request says nothing. key: what requests must show, "" for
    nothing. slots: requests at a time; body: bytes of the largest. live_only: whether live pictures are all that is served.
    setting: where the address comes from, for people."""

    setting: Word
    http: HttpOptions
    live_only: bool
    defaults: Options
    key: str
    slots: int
    body: int
    log_level: str


class SlotGiven(Message, frozen=True):
    """A request may come in; its files are to be filled."""

    request: Count


class RequestCut(Message, frozen=True):
    """Its cut-out is in the file that comes with it. width, height: in pixels; stage_ms: milliseconds by stage;
    foreground: where in it the person can be seen, None where no framing was asked for."""

    request: Count
    suffix: Word
    width: Count
    height: Count
    stage_ms: dict[Word, float]
    foreground: Box | None = None


class RequestFailed(Message, frozen=True):
    """error: the class's name of `matting.errors`, or TOO_LATE."""

    request: Count
    error: Word
    words: str


class StatusTold(Message, frozen=True):
    """The service's status, as JSON in the file that comes with it."""


class EventTold(Message, frozen=True):
    """Something has happened."""

    event: Event


class LiveGiven(Message, frozen=True):
    """Live pictures come through the stream that comes with it."""


class LiveRefused(Message, frozen=True):
    """There are no live pictures, for this reason."""

    reason: str


class HttpState(Message, frozen=True):
    """Every few seconds. fault: why nothing is served, "" where something is; memory: bytes."""

    fault: Text
    memory: Count


class RequestOpened(Message, frozen=True):
    """A request wants a slot. size: bytes of its body, None where that is not known; background: whether it may bring one."""

    request: Count
    size: Count | None
    background: bool


class RequestSent(Message, frozen=True):
    """Its files are filled. own_background: whether it brought one."""

    request: Count
    options: Options
    own_background: bool


class SnapAsked(Message, frozen=True):
    """The request is for a picture of the camera, after so many seconds, and its cut-out."""

    request: Count
    countdown: Annotated[float, msgspec.Meta(ge=0, le=60)]


class LiveAsked(Message, frozen=True):
    """Somebody watches: live pictures are wanted."""


class RequestClosed(Message, frozen=True):
    """It is answered, or its client has gone: the last word on it."""

    request: Count


TOO_LATE = "TooLate"
TO_HTTP = Decoder(StartHttp | SlotGiven | RequestCut | RequestFailed | StatusTold | EventTold | LiveGiven | LiveRefused)
FROM_HTTP = Decoder(HttpState | RequestOpened | RequestSent | SnapAsked | LiveAsked | RequestClosed)
