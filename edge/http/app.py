"""The ASGI application: all endpoints, behind the guard. A new contract is its file, and its line in CONTRACTS."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from edge.config.http import HttpOptions
from edge.fs.names import printable
from edge.http.contract import Contract, Shared
from edge.http.cut import CUT
from edge.http.docs import docs_routes
from edge.http.events import EventStream
from edge.http.live import LivePictures
from edge.http.messages import StartHttp
from edge.http.monitor import Monitor
from edge.http.refused import Refused
from edge.http.rembg import REMBG
from edge.http.removebg import REMOVEBG
from edge.http.removebg_docs import HEADERS as REMOVEBG_HEADERS
from edge.http.security import Guard
from edge.http.slots import Slots
from edge.http.withoutbg import WITHOUTBG

log = logging.getLogger(__name__)

# Of two prefixes that fit a path the earlier one's contract speaks.
CONTRACTS: tuple[Contract, ...] = (REMBG, WITHOUTBG, REMOVEBG, CUT)


def make_app(start: StartHttp, slots: Slots, monitor: Monitor, events: EventStream, live: LivePictures) -> ASGIApp:
    """What the server runs."""
    shared = Shared(slots, start.defaults, start.body)
    routes = [route for contract in CONTRACTS for route in contract.routes(shared)]
    inner = _router([*routes, *monitor.routes(), *events.routes(), *live.routes(), *docs_routes(CONTRACTS)])
    guard = Guard(inner, say, key=start.key, hosts=start.http.hosts, origins=start.http.origins)
    if not start.http.origins:
        return guard
    headers = ["X-Api-Key", "Authorization", "Content-Type"]
    shown = ["Server-Timing", "Retry-After", *REMOVEBG_HEADERS]
    return CORSMiddleware(
        guard, start.http.origins, allow_methods=["GET", "POST"], allow_headers=headers, expose_headers=shown
    )


def make_live_app(http: HttpOptions, live: LivePictures) -> ASGIApp:
    """What is run on an address of live pictures' own."""
    return Guard(_router([Route("/", live.stream), *live.routes()]), say, key="", hosts=http.hosts, origins=())


def _router(routes: Sequence[Route]) -> Starlette:
    router = Starlette(routes=routes, exception_handlers={HTTPException: _nothing_there, Exception: _fault})
    router.router.redirect_slashes = False
    return router


def say(path: str, refused: Refused) -> Response:
    """A refusal in the shape that the path's clients expect."""
    contract = next(each for each in CONTRACTS if path.startswith(each.prefixes))
    return contract.say(refused)


async def _fault(request: Request, error: Exception) -> Response:
    """Ours: the client gets its number, the log what it was."""
    log.error("fault on %s %s", request.method, printable(request.url.path[:200]), exc_info=error)
    words = "a fault of the service: its log says what"
    return say(request.url.path, Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "MattingError", words))


async def _nothing_there(request: Request, error: Exception) -> Response:
    """No such path, or no such method there."""
    assert isinstance(error, HTTPException)
    words = f"{request.url.path[:200]}: {HTTPStatus(error.status_code).phrase}; what there is: /api"
    response = say(request.url.path, Refused(error.status_code, HTTPStatus(error.status_code).name, words))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # a path may have several routes: all their methods
        found = {method for route in request.app.routes if route.path == request.url.path for method in route.methods}
        response.headers["Allow"] = ", ".join(sorted(found))
    return response
