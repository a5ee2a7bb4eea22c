"""The HTTP server: a table of endpoints, served on one thread that shares nothing with its process but what they read.

Whoever connects gets one answer, within some seconds unless it is a stream, or none: no keep-alive, no bodies of
requests, few connections at a time, and none that waits for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Mapping

from edge.config.http import written
from edge.http.address import unserved
from edge.http.answer import Answer, Endpoint, Stream, plain

log = logging.getLogger(__name__)

_DEADLINE = 5.0  # seconds for a whole request, and for taking a whole answer
_STALLED = 10.0  # seconds in which a chunk of a stream must be taken
_LONGEST_REQUEST = 8192  # bytes: line and headers
_MOST_CONNECTIONS = 16
_BIND_AGAIN = 10.0
_A_MOMENT = 0.05  # some rounds of asyncio's loop


class HttpServer:
    """Serves from its making until `close`. An address that is not to be had is tried again, and costs nothing else.

    setting: where the address comes from, for the log. endpoints: of each path, without a query.
    """

    def __init__(self, setting: str, address: tuple[str, int], endpoints: Mapping[str, Endpoint]) -> None:
        self._setting, self._address = setting, address
        self._endpoints = endpoints
        self._fault = ""
        self._open = 0
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> str:
        """Why nothing is served just now, "" where something is; safe to ask from any thread."""
        return self._fault

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
        while not self._ending.is_set():
            try:
                listening = socket.create_server(self._address, family=family)
                server = await asyncio.start_server(self._connected, sock=listening, limit=_LONGEST_REQUEST)
                if self._fault:
                    log.info("%s %s is served now", self._setting, written(self._address))
                self._fault = ""
                return server
            except OSError as error:
                fault = unserved(self._address, error)
                if not self._fault:
                    log.error("%s %s; tried again every %.0f s", self._setting, fault, _BIND_AGAIN)
                self._fault = fault
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _BIND_AGAIN)
        return None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MOST_CONNECTIONS:
                await self._converse(reader, writer)
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
        request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _DEADLINE)
        method, _, rest = request.split(b"\r\n", 1)[0].partition(b" ")
        path, _, protocol = rest.partition(b" ")
        answer = await self._answer(method, path.partition(b"?")[0]) if protocol.startswith(b"HTTP/1.") else plain(400)
        writer.write(answer.head())
        if method == b"HEAD":
            await asyncio.wait_for(writer.drain(), _DEADLINE)
        elif isinstance(answer, Stream):
            await _send(answer, writer)
        else:
            writer.write(answer.body)
            await asyncio.wait_for(writer.drain(), _DEADLINE)

    async def _answer(self, method: bytes, path: bytes) -> Answer | Stream:
        endpoint = self._endpoints.get(path.decode("latin-1"))
        if endpoint is None:
            return plain(404)
        if method not in (b"GET", b"HEAD"):
            return plain(405)
        return await endpoint()


async def _send(stream: Stream, writer: asyncio.StreamWriter) -> None:
    async with contextlib.aclosing(stream.chunks):
        async for chunk in stream.chunks:
            writer.write(chunk)
            await asyncio.wait_for(writer.drain(), _STALLED)
