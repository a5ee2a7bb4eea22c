"""Live pictures on a loopback address: /live.mjpg for a browser or a player, /live.jpg for a single one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from edge.http.answer import Answer, Stream, plain
from edge.http.live_frame import LiveFrame
from edge.http.server import HttpServer
from edge.ipc.latest import Latest

_MOST_VIEWERS = 8
_BOUNDARY = "edge-matting-picture"
_SILENCE = 5.0  # seconds after which the last picture is sent again: some players give up on a silent stream


def live_server(address: tuple[str, int], pictures: Latest[LiveFrame]) -> HttpServer:
    """Serves until closed."""
    live = _LivePictures(pictures)
    endpoints = {"/": live.stream, "/live.mjpg": live.stream, "/live.jpg": live.single}
    return HttpServer("live.address", address, endpoints)


class _LivePictures:
    """Whoever is slow misses pictures, and delays nobody: each viewer asks for the newest when the last one is taken."""

    def __init__(self, pictures: Latest[LiveFrame]) -> None:
        self._pictures = pictures
        self._watching = 0

    async def stream(self) -> Answer | Stream:
        if self._watching >= _MOST_VIEWERS:
            return _full()
        return Stream(f"multipart/x-mixed-replace; boundary={_BOUNDARY}", self._parts())

    async def single(self) -> Answer:
        if self._watching >= _MOST_VIEWERS:
            return _full()
        picture = await self._newest(0)
        return plain(503) if picture is None else Answer(200, "image/jpeg", picture.jpeg)

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        self._watching += 1
        try:
            number = 0
            while not self._pictures.closed:
                picture = await self._newest(number)
                if picture is not None:
                    number = picture.number
                    yield _part(picture.jpeg)
        finally:
            self._watching -= 1

    async def _newest(self, after: int) -> LiveFrame | None:
        """The newest picture, once its number is higher, or some seconds are over, or there will be no more."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        with self._pictures.listening(lambda: loop.call_soon_threadsafe(changed.set)):
            newest = self._pictures.peek()
            if (newest is None or newest.number <= after) and not self._pictures.closed:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(changed.wait(), _SILENCE)
        return self._pictures.peek()


def _full() -> Answer:
    return plain(503, f"{_MOST_VIEWERS} are watching already")


def _part(jpeg: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return head.encode() + jpeg + b"\r\n"
