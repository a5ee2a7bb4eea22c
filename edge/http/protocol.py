"""HTTP/1.1 by uvicorn and h11, for clients that are slow, silent, or a thousand."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_MOST_CONNECTIONS = 128
_HEADERS_WITHIN = 10.0  # seconds from the first byte, or from the connection, to the end of a request's headers
_STALLED = 15.0  # seconds in which a client must take something of its answer
_RESET = struct.pack("ii", 1, 0)


class PatientProtocol(H11Protocol):
    """Ends connections that send no headers, or take no answer, and those beyond a number. Bodies have times of their own."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._headers_due: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            self._let_go()
        else:
            self._expect_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect_headers()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._headers_due, self._stalled):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(_STALLED, self._let_go)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _let_go(self) -> None:
        """At once, with what the kernel still holds for it (socket(7), SO_LINGER)."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def _expect_headers(self) -> None:
        """Between requests they are due; within one they are not."""
        between = self.cycle is None or self.cycle.response_complete
        if between and self._headers_due is None:
            self._headers_due = self.loop.call_later(_HEADERS_WITHIN, self._let_go)
        elif not between and self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
