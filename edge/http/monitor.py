"""`/metrics`, `/healthz` and `/status`: the last status that the loop told of, and how long ago."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edge.http.answers import NO_STORE
from edge.monitoring.events import Event
from edge.monitoring.metrics import CONTENT_TYPE, exposition
from edge.monitoring.status import STALE_AFTER, State, Status, parse_status

_HEALTHY = (State.READY, State.BUILDING, State.DEGRADED)


def health(status: Status | None, age: float) -> tuple[int, str, str]:
    """HTTP status code, state and reason. age: seconds since the loop reported last."""
    if status is None:
        return 503, State.STARTING.value, ""
    if age > STALE_AFTER:
        return 503, "STUCK", f"the loop has said nothing for {age:.0f} s; before that it was {status.state.value}"
    return 200 if status.state in _HEALTHY else 503, status.state.value, status.reason


class Monitor:
    """Serves what it hears."""

    def __init__(self) -> None:
        self._told: tuple[Status | None, float] = None, 0.0
        self._json = b""

    def tell(self, file: int) -> None:
        """What is served from now on. file: a descriptor of the status as JSON, which stays open."""
        data = os.pread(file, os.fstat(file).st_size, 0)
        self._told, self._json = (parse_status(json.loads(data)), time.monotonic()), data

    def state(self) -> Event | None:
        """As it was told last."""
        status, _ = self._told
        return None if status is None else Event("state", status.state.value, status.reason, at=status.updated)

    def routes(self) -> Sequence[Route]:
        return [
            Route("/metrics", self._metrics),
            Route("/healthz", self._healthz),
            Route("/status", self._status),
        ]

    async def _metrics(self, request: Request) -> Response:
        status, _ = self._told
        return _nothing() if status is None else Response(exposition(status), 200, NO_STORE, CONTENT_TYPE)

    async def _healthz(self, request: Request) -> Response:
        status, at = self._told
        code, state, reason = health(status, time.monotonic() - at)
        return JSONResponse({"state": state, "reason": reason}, code, NO_STORE)

    async def _status(self, request: Request) -> Response:
        return Response(self._json, 200, NO_STORE, "application/json") if self._json else _nothing()


def _nothing() -> Response:
    return PlainTextResponse("the service has not told anything yet\n", 503, NO_STORE)
