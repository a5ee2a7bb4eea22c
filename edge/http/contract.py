"""What every contract has: its paths, how it says no, and one way from a request to a cut-out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from edge.config.options import Options
from edge.http.refused import ClientGone, Refused
from edge.http.slots import Slot, Slots
from edge.http.upload import announced


@dataclass(frozen=True, slots=True)
class Shared:
    """What endpoints are made of. defaults: the service's settings; body: bytes of the largest."""

    slots: Slots
    defaults: Options
    body: int


@dataclass(frozen=True, slots=True)
class Contract:
    """name: for the documentation. prefixes: of the paths whose refusals are in its shape. say: a refusal in that shape.
    paths: its part of the OpenAPI document, by path."""

    name: str
    prefixes: tuple[str, ...]
    say: Callable[[Refused], Response]
    routes: Callable[[Shared], Sequence[Route]]
    paths: Mapping[str, Any] = field(default_factory=dict)


# Takes the request, whose slot is open, to the answer.
Handler = Callable[[Request, Slot], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class CutEndpoint:
    """An ASGI endpoint that needs a slot: it is held until the answer is sent, and free as soon as the client has gone.

    background: whether a request may bring one.
    """

    shared: Shared
    handler: Handler
    say: Callable[[Refused], Response]
    background: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            size = announced(request, self.shared.body)
            async with self.shared.slots.open(size, background=self.background) as slot:
                await slot.begin()
                response = await self.handler(request, slot)
                await response(scope, receive, send)
        except Refused as refused:
            await self.say(refused)(scope, receive, send)
        except ClientGone:
            pass
