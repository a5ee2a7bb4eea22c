"""A request's way through the supervisor, as the server's endpoints see it: a slot, its photo, what became of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive

from edge.config.options import Options
from edge.http.messages import (
    BACKGROUND,
    OUTPUT,
    PHOTO,
    RequestClosed,
    RequestCut,
    RequestFailed,
    RequestOpened,
    RequestSent,
    SlotGiven,
    SnapAsked,
)
from edge.http.refused import ClientGone, busy, of_error, stopping, too_late
from edge.ipc.channel import Channel, Received
from matting.photo import Box

_PATIENCE = 10.0  # seconds for the supervisor to give a slot: it goes round many times a second


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut-out. file: a descriptor to read, which the slot closes; suffix: ".png"; width, height in pixels; stage_ms:
    milliseconds by stage; foreground: where in it the person can be seen, None where no framing was asked for."""

    file: int
    suffix: str
    width: int
    height: int
    stage_ms: Mapping[str, float]
    foreground: Box | None = None

    @property
    def length(self) -> int:
        """In bytes."""
        return os.fstat(self.file).st_size


class Slot:
    """One request's. photo, background: descriptors to write; the second is None where none was asked for."""

    def __init__(self, slots: Slots, number: int) -> None:
        self._slots, self._number = slots, number
        self._files: list[int] = []
        self._answer: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        self.photo = -1
        self.background: int | None = None

    async def __aenter__(self) -> Slot:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._slots.close(self._number, self._files)

    async def begin(self) -> None:
        """Wait for its files.

        Raises:
            Refused: there is no room.
        """
        received = await self._next(_PATIENCE)
        self.photo = received.files[PHOTO]
        self.background = received.files.get(BACKGROUND)

    async def cut(self, options: Options, receive: Receive, *, own_background: bool = False) -> Cut:
        """Have the photo cut, whose bytes are written. receive: ASGI's, which tells when the client has gone.

        Raises:
            Refused: it was not cut.
            ClientGone: nobody waits for it any more.
        """
        return await self._cut(RequestSent(self._number, options, own_background), receive)

    async def snap(self, countdown: float, receive: Receive) -> Cut:
        """Have the camera take a picture after so many seconds, and wait for its cut-out. Raises what `cut` does."""
        return await self._cut(SnapAsked(self._number, countdown), receive)

    async def _cut(self, message: RequestSent | SnapAsked, receive: Receive) -> Cut:
        self._slots.channel.send(message)
        gone = asyncio.ensure_future(_gone(receive))
        try:
            answer = asyncio.ensure_future(self._next(self._slots.deadline))
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                raise ClientGone
            received = answer.result()
        finally:
            gone.cancel()
        answered: RequestCut = received.message
        facts = (answered.suffix, answered.width, answered.height, answered.stage_ms, answered.foreground)
        return Cut(received.files[OUTPUT], *facts)

    def on_message(self, received: Received) -> None:
        """What the supervisor says of it."""
        self._files += received.files.values()
        if not self._answer.done():
            self._answer.set_result(received)

    def fail(self) -> None:
        """The supervisor has gone."""
        if not self._answer.done():
            self._answer.set_exception(stopping())

    async def _next(self, seconds: float) -> Received:
        try:
            received = await asyncio.wait_for(asyncio.shield(self._answer), seconds)
        except asyncio.TimeoutError as error:
            raise too_late() from error
        self._answer = asyncio.get_running_loop().create_future()
        if isinstance(received.message, RequestFailed):
            raise of_error(received.message.error, received.message.words)
        return received


class Slots:
    """At most `total` of them. deadline: seconds for a cut-out."""

    def __init__(self, channel: Channel, total: int, deadline: float) -> None:
        self.channel, self.deadline = channel, deadline
        self._total, self._last = total, 0
        self._open: dict[int, Slot] = {}
        self._stopped = False

    def open(self, size: int | None, *, background: bool = False) -> Slot:
        """One for a request whose body has so many bytes; background: whether it may bring one. To be used in `async with`.

        Raises:
            Refused: there are too many requests already, or the service stops.
        """
        if self._stopped:
            raise stopping()
        if len(self._open) >= self._total:
            raise busy()
        self._last += 1
        slot = self._open[self._last] = Slot(self, self._last)
        self.channel.send(RequestOpened(self._last, size, background))
        return slot

    def on_message(self, received: Received) -> None:
        """Of a request: to its slot, or to nobody where that is closed."""
        message: SlotGiven | RequestCut | RequestFailed = received.message
        slot = self._open.get(message.request)
        if slot is not None:
            slot.on_message(received)
            return
        for descriptor in received.files.values():
            os.close(descriptor)

    def close(self, number: int, files: list[int]) -> None:
        """A request is over."""
        del self._open[number]
        for descriptor in files:
            os.close(descriptor)
        if not self._stopped:
            self.channel.send(RequestClosed(number))

    def stop(self) -> None:
        """The supervisor has gone: who waits is told, and nobody else comes in."""
        self._stopped = True
        for slot in self._open.values():
            slot.fail()


async def _gone(receive: Receive) -> None:
    """Until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
