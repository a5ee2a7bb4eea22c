"""`/metrics` and `/healthz`: the last status that the loop told of, and how long ago."""

from __future__ import annotations

import json
import time

from edge.http.answer import Answer, plain
from edge.http.server import HttpServer
from edge.monitoring.metrics import CONTENT_TYPE, exposition
from edge.monitoring.status import STALE_AFTER, State, Status

_HEALTHY = (State.READY, State.BUILDING, State.DEGRADED)


def health(status: Status | None, age: float) -> tuple[int, str, str]:
    """HTTP status code, state and reason. age: seconds since the loop reported last."""
    if status is None:
        return 503, State.STARTING.value, ""
    if age > STALE_AFTER:
        return 503, "STUCK", f"the loop has said nothing for {age:.0f} s; before that it was {status.state.value}"
    return 200 if status.state in _HEALTHY else 503, status.state.value, status.reason


class HealthServer:
    """A reporter's listener that serves what it hears, from its making until `close`."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._told: tuple[Status | None, float] = None, 0.0
        endpoints = {"/metrics": self._metrics, "/healthz": self._healthz}
        self._server = HttpServer("http.listen", address, endpoints)

    def tell(self, status: Status) -> None:
        """What is served from now on."""
        self._told = status, time.monotonic()

    def close(self) -> None:
        self._server.close()

    async def _metrics(self) -> Answer:
        status, _ = self._told
        return plain(503) if status is None else Answer(200, CONTENT_TYPE, exposition(status))

    async def _healthz(self) -> Answer:
        status, at = self._told
        code, state, reason = health(status, time.monotonic() - at)
        return Answer(code, "application/json", json.dumps({"state": state, "reason": reason}).encode() + b"\n")
