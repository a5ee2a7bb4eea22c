"""The HTTP server's process. It touches no photo's pixels and opens no path that a client names; it may end at any time.

It is started by the supervisor as `python -m edge.http.main DESCRIPTOR`, binds its address, locks itself in, and only then
hears a client. What it is sent goes into files that the supervisor gave, and the supervisor's answers back to the client.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import select
import socket
import ssl
import time

import uvicorn

from edge.board.rss import rss_bytes
from edge.config.http import HttpOptions
from edge.http.address import unserved
from edge.http.app import make_app, make_live_app
from edge.http.events import EventStream
from edge.http.live import LivePictures
from edge.http.messages import (
    STATUS,
    STREAM,
    TO_HTTP,
    EventTold,
    HttpState,
    LiveAsked,
    LiveGiven,
    LiveRefused,
    StartHttp,
    StatusTold,
)
from edge.http.monitor import Monitor
from edge.http.protocol import PatientProtocol
from edge.http.slots import Slots
from edge.ipc.channel import Channel, Received
from edge.ipc.parent import parent_channel
from edge.monitoring.journald import set_up_logging
from edge.sandbox import lock_in
from edge.sandbox.resources import lower
from edge.sandbox.seccomp import Role

log = logging.getLogger(__name__)

_BEAT, _BIND_AGAIN = 5.0, 10.0  # seconds
_FAREWELL = 2  # seconds for answers that are on their way
_MORE_THAN_A_BODY = 1 << 20
_MEMORY, _DESCRIPTORS = 512 << 20, 512
_LONGEST_HEADERS = 16 << 10
_BACKLOG = 64  # connections; so many are taken in one go, before those beyond the most can be let go


class HttpProcess:
    """Built in the child, run once."""

    def __init__(self, channel: Channel, start: StartHttp, listening: socket.socket, config: uvicorn.Config) -> None:
        self._channel, self._listening = channel, listening
        self._slots = Slots(channel, start.slots, start.http.deadline)
        self._monitor = Monitor()
        self._events = EventStream(self._monitor.state)
        self._live = LivePictures(lambda: channel.send(LiveAsked()))
        if start.live_only:
            config.app = make_live_app(start.http, self._live)
        else:
            config.app = make_app(start, self._slots, self._monitor, self._events, self._live)
        self._server = uvicorn.Server(config)

    async def run(self) -> None:
        """Until the supervisor hangs up."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._channel.fileno(), self._receive)
        beat = asyncio.ensure_future(self._beat())
        await self._server._serve([self._listening])  # without its signals' handlers: the supervisor hangs up
        beat.cancel()

    def _receive(self) -> None:
        received = self._channel.receive()
        if received is None:
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            self._slots.stop()
            self._events.close()
            self._live.close()
            self._server.should_exit = True
        elif isinstance(received.message, EventTold):
            self._events.tell(received.message.event)
        elif isinstance(received.message, StatusTold):
            self._monitor.tell(received.files[STATUS])
            os.close(received.files[STATUS])
        elif isinstance(received.message, LiveGiven):
            self._live.give(received.files[STREAM])
        elif isinstance(received.message, LiveRefused):
            self._live.refuse(received.message.reason)
        else:
            self._slots.on_message(received)

    async def _beat(self) -> None:
        while True:
            self._channel.send(HttpState("", rss_bytes()))
            await asyncio.sleep(_BEAT)


def _bound(channel: Channel, address: tuple[str, int]) -> socket.socket | None:
    """The listening socket, as soon as it can be had; None where the supervisor hangs up before."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    while True:
        try:
            return socket.create_server(address, family=family, backlog=_BACKLOG)
        except OSError as error:
            channel.send(HttpState(unserved(address, error), rss_bytes()))
        until = time.monotonic() + _BIND_AGAIN
        while (left := until - time.monotonic()) > 0:
            if select.select([channel], [], [], left)[0]:
                received = channel.receive()
                if received is None:
                    return None
                _drop(received)


def _drop(received: Received) -> None:
    """A status that nobody asks for yet."""
    for descriptor in received.files.values():
        os.close(descriptor)


def _config(http: HttpOptions) -> uvicorn.Config:
    """Read before the process locks itself in: certificates are files.

    Raises:
        OSError, ssl.SSLError: no certificate, or no key of its own.
    """
    config = uvicorn.Config(
        "",
        http=PatientProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_FAREWELL,
        h11_max_incomplete_event_size=_LONGEST_HEADERS,
        ssl_certfile=http.certificate,
        ssl_keyfile=http.private_key,
    )
    if http.certificate is not None:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(http.certificate, http.private_key)
    return config


def _bound_resources(body: int) -> None:
    lower(resource.RLIMIT_FSIZE, body + _MORE_THAN_A_BODY)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_DATA, _MEMORY)
    lower(resource.RLIMIT_NOFILE, _DESCRIPTORS)


def main() -> None:
    channel = parent_channel(TO_HTTP)
    hello = channel.receive()
    if hello is None:
        return
    start: StartHttp = hello.message
    set_up_logging(start.log_level)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # a client's mistakes are the client's
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    listening = _bound(channel, start.http.listen)
    if listening is None:
        return
    config = _config(start.http)
    process = HttpProcess(channel, start, listening, config)
    config.load()
    loop = asyncio.new_event_loop()  # makes sockets of its own, which afterwards nobody can
    _bound_resources(start.body)
    missing = lock_in(role=Role.SERVER)
    if missing:
        log.warning("this kernel has no %s: the HTTP server is locked in less", " and no ".join(missing))
    loop.run_until_complete(process.run())


if __name__ == "__main__":
    main()
