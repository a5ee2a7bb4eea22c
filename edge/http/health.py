"""`/metrics` and `/healthz` over HTTP, on one thread that shares nothing with the loop but the last status.

Whoever connects gets one short answer within some seconds, or none: no keep-alive, no bodies, few connections at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import socket
import threading
import time

from edge.monitoring.metrics import CONTENT_TYPE, exposition
from edge.monitoring.status import STALE_AFTER, State, Status

log = logging.getLogger(__name__)

_DEADLINE = 5.0  # seconds for a whole connection
_LONGEST_REQUEST = 8192  # bytes: line and headers
_MOST_CONNECTIONS = 16
_BIND_AGAIN = 10.0
_A_MOMENT = 0.05  # some rounds of asyncio's loop
_HEALTHY = (State.READY, State.BUILDING, State.DEGRADED)
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}

Answer = tuple[int, str, bytes]  # status code, content type, body


def health(status: Status | None, age: float) -> tuple[int, str, str]:
    """HTTP status code, state and reason. age: seconds since the loop reported last."""
    if status is None:
        return 503, State.STARTING.value, ""
    if age > STALE_AFTER:
        return 503, "STUCK", f"the loop has said nothing for {age:.0f} s; before that it was {status.state.value}"
    return 200 if status.state in _HEALTHY else 503, status.state.value, status.reason


class HealthServer:
    """Serves from its making until `close`. An address that is not to be had is tried again, and costs no photo."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._told: tuple[Status, float] | None = None
        self._open = 0
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    def tell(self, status: Status) -> None:
        """What is served from now on."""
        self._told = status, time.monotonic()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join(_DEADLINE)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._bound()
        await self._ending.wait()
        await asyncio.sleep(_A_MOMENT)  # who was let in just now becomes a connection, which can be ended in order
        if server is not None:
            server.close()
        for connection in asyncio.all_tasks() - {asyncio.current_task()}:
            connection.cancel()
        await asyncio.sleep(_A_MOMENT)

    async def _bound(self) -> asyncio.Server | None:
        """The server, as soon as it can have its address; None at the end."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        tried = False
        while not self._ending.is_set():
            try:
                listening = socket.create_server(self._address, family=family)
                server = await asyncio.start_server(self._connected, sock=listening, limit=_LONGEST_REQUEST)
                if tried:
                    log.info("http.listen %s port %d is served now", *self._address)
                return server
            except OSError as error:
                if not tried:
                    said = f"{error.strerror}{_hint(error)}; tried again every {_BIND_AGAIN:.0f} s"
                    log.error("http.listen %s port %d cannot be served: %s", *self._address, said)
                tried = True
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _BIND_AGAIN)
        return None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MOST_CONNECTIONS:
                await asyncio.wait_for(self._converse(reader, writer), _DEADLINE)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError) as error:
            log.debug("http: a connection ended early: %r", error)
        finally:
            self._open -= 1
            if writer.transport.get_write_buffer_size():  # it takes nothing: close would wait for it
                writer.transport.abort()
            else:
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)  # so that drain waits for the last byte
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
        path, _, protocol = rest.partition(b" ")
        code, kind, body = self._answer(method, path.partition(b"?")[0]) if protocol.startswith(b"HTTP/1.") else _words(400)
        allow = "Allow: GET, HEAD\r\n" if code == 405 else ""
        lines = f"HTTP/1.1 {code} {_REASONS[code]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{lines}{allow}Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode())
        writer.write(b"" if method == b"HEAD" else body)
        await writer.drain()

    def _answer(self, method: bytes, path: bytes) -> Answer:
        status, at = self._told or (None, 0.0)
        if path not in (b"/metrics", b"/healthz"):
            return _words(404)
        if method not in (b"GET", b"HEAD"):
            return _words(405)
        if path == b"/metrics":
            return _words(503) if status is None else (200, CONTENT_TYPE, exposition(status))
        code, state, reason = health(status, time.monotonic() - at)
        return code, "application/json", json.dumps({"state": state, "reason": reason}).encode() + b"\n"


def _hint(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "; end what uses it, or choose another port"
    sandboxed = error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
    return "; the unit has no network until drop-ins/network.conf is installed" if sandboxed else ""


def _words(code: int) -> Answer:
    return code, "text/plain; charset=utf-8", f"{_REASONS[code]}\n".encode()
