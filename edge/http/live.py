"""`/live.mjpg` for a browser or a player, `/live.jpg` for a single picture. Live video is asked for while somebody watches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.http.answers import NO_STORE
from edge.ipc.picture_stream import PictureReceiver

_MOST_VIEWERS = 8
_BOUNDARY = "edge-matting-picture"
_PATIENCE = 10.0  # seconds for the first picture: the network is loaded for it
_ASK_AGAIN = 1.0  # seconds
_LINGER = 10.0  # seconds for which live video goes on after the last viewer: a page may ask for one picture after the other


class LivePictures:
    """ask: for a stream of pictures; `give` or `refuse` follows. Whoever is slow misses pictures, and delays nobody."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._receiver: PictureReceiver | None = None
        self._newest, self._number = b"", 0
        self._changed = asyncio.Event()
        self._watching = 0
        self._fault = ""
        self._closed = False
        self._asked, self._asked_at = False, -_ASK_AGAIN
        self._due: asyncio.TimerHandle | None = None  # the next question, or the end of the stream

    def give(self, descriptor: int) -> None:
        """The stream that was asked for."""
        self._end()
        self._asked = False
        self._receiver = PictureReceiver(descriptor)
        asyncio.get_running_loop().add_reader(self._receiver.fileno(), self._receive)
        self._end_unwatched()

    def refuse(self, reason: str) -> None:
        """There is none."""
        self._asked, self._fault = False, reason
        self._tell()
        self._want()

    def close(self) -> None:
        """The service ends."""
        self._closed = True
        self._end()
        self._tell()

    def routes(self) -> Sequence[Route]:
        return [Route("/live.mjpg", self.stream), Route("/live.jpg", self._single)]

    async def stream(self, request: Request) -> Response:
        """Picture after picture, as multipart/x-mixed-replace."""
        media_type = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        if request.method == "HEAD":
            return Response(headers=NO_STORE, media_type=media_type)
        if self._watching >= _MOST_VIEWERS:
            return _none(f"{_MOST_VIEWERS} are watching already")
        with self._watched():
            if not await self._picture():
                return _none(self._reason())
            return StreamingResponse(self._parts(), headers=NO_STORE, media_type=media_type)

    async def _single(self, request: Request) -> Response:
        if self._watching >= _MOST_VIEWERS:
            return _none(f"{_MOST_VIEWERS} are watching already")
        with self._watched():
            picture = await self._picture()
        return Response(picture, headers=NO_STORE, media_type="image/jpeg") if picture else _none(self._reason())

    async def _parts(self) -> AsyncIterator[bytes]:
        with self._watched():
            number = 0
            while not self._closed:
                if self._newest and self._number != number:
                    number = self._number
                    yield _part(self._newest)
                else:
                    await self._changed.wait()

    async def _picture(self) -> bytes:
        """The newest one, waited for; b"" where none comes."""
        end = time.monotonic() + _PATIENCE
        while not (self._newest or self._fault or self._closed) and (left := end - time.monotonic()) > 0:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left)
        return self._newest

    def _reason(self) -> str:
        return self._fault or "no live picture has come: edge-matting status says how the camera is"

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        self._watching += 1
        self._cancel()
        self._want()
        try:
            yield
        finally:
            self._watching -= 1
            self._end_unwatched()

    def _end_unwatched(self) -> None:
        if not self._watching:
            self._later(_LINGER, self._end)

    def _receive(self) -> None:
        assert self._receiver is not None
        try:
            picture = self._receiver.newest()
        except EOFError:
            self._end()
            self._want()
            return
        if picture is not None:
            self._newest, self._number = picture, self._number + 1
            self._tell()

    def _end(self) -> None:
        """What is old is not shown any more."""
        self._cancel()
        self._newest = b""
        if self._receiver is not None:
            asyncio.get_running_loop().remove_reader(self._receiver.fileno())
            self._receiver.close()
            self._receiver = None

    def _want(self) -> None:
        """Ask for a stream where one is needed and not on its way, but not in a hurry."""
        if self._asked or self._receiver is not None or not self._watching or self._closed:
            return
        now = time.monotonic()
        if now - self._asked_at < _ASK_AGAIN:
            self._later(self._asked_at + _ASK_AGAIN - now, self._want)
            return
        self._asked, self._asked_at, self._fault = True, now, ""
        self._ask()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._cancel()
        self._due = asyncio.get_running_loop().call_later(seconds, what)

    def _cancel(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _none(words: str) -> Response:
    return PlainTextResponse(f"{words}\n", 503, {**NO_STORE, "Retry-After": "5"})


def _part(jpeg: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return head.encode() + jpeg + b"\r\n"
