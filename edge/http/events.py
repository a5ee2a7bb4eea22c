"""`/events`: what happens, as it happens, for screens (server-sent events, html.spec.whatwg.org)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.http.answers import NO_STORE
from edge.monitoring.events import Event

_MOST_LISTENERS = 16
_MOST_WAITING = 100  # events that a listener may be behind before it is let go; its browser comes again by itself
_SILENCE = 15.0  # seconds after which a comment is sent, so that both ends find out when the other has gone


class EventStream:
    """now: the state as it is, which each listener hears first; None where it is not known yet."""

    def __init__(self, now: Callable[[], Event | None]) -> None:
        self._now = now
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    def tell(self, event: Event) -> None:
        """To everybody who listens; whoever is too far behind is let go."""
        for listener in list(self._listeners):
            if listener.full():
                self._let_go(listener)
            else:
                listener.put_nowait(event)

    def close(self) -> None:
        """The service ends."""
        for listener in list(self._listeners):
            self._let_go(listener)

    def routes(self) -> Sequence[Route]:
        return [Route("/events", self._listen)]

    async def _listen(self, request: Request) -> Response:
        if len(self._listeners) >= _MOST_LISTENERS:
            return PlainTextResponse(f"{_MOST_LISTENERS} are listening already\n", 503, {**NO_STORE, "Retry-After": "5"})
        return StreamingResponse(self._written(), headers=NO_STORE, media_type="text/event-stream")

    async def _written(self) -> AsyncIterator[bytes]:
        listener: asyncio.Queue[Event | None] = asyncio.Queue(_MOST_WAITING + 1)
        self._listeners.add(listener)
        try:
            if (now := self._now()) is not None:
                yield _line(now)
            while True:
                event: Event | None = None
                with contextlib.suppress(asyncio.TimeoutError):
                    event = await asyncio.wait_for(listener.get(), _SILENCE)
                    if event is None:
                        return
                yield b": still here\n\n" if event is None else _line(event)
        finally:
            self._listeners.discard(listener)

    def _let_go(self, listener: asyncio.Queue[Event | None]) -> None:
        self._listeners.discard(listener)
        while not listener.empty():
            listener.get_nowait()
        listener.put_nowait(None)


def _line(event: Event) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.kind.encode(), msgspec.json.encode(event))
