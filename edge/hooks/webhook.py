"""An address that is told of photos by POST. Its server is a stranger: whatever it does, a try ends in time."""

from __future__ import annotations

import errno
import http.client
import io
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edge.hooks.queue import HookFailed

if TYPE_CHECKING:
    import ssl

_MOST_READ = 1 << 16  # bytes of an answer: more is not looked at, and some servers give up where nobody reads theirs
# Answers that another try may change, of 4xx; all of 5xx may.
_AGAIN = frozenset({http.client.REQUEST_TIMEOUT, http.client.TOO_EARLY, http.client.TOO_MANY_REQUESTS})
_CLOSED = "; an installed service reaches no address but those in its drop-in network.conf"
_SANDBOX = frozenset({errno.EAFNOSUPPORT, errno.ENETUNREACH, errno.EPERM, socket.EAI_AGAIN})


class Webhook:
    """Called with the body of a POST, JSON; see `edge.hooks.queue.Tell`. Any answer of 2xx means that it was taken."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": f"edge-matting/{version('edge-matting')}",
            "Connection": "close",
        }
        self._tls = _tls() if parts.scheme == "https" else None

    def __call__(self, body: bytes, until: Callable[[], float]) -> None:
        try:
            with _connected(self._host, self._port, until) as plain, self._secured(plain, until) as connected:
                status = self._posted(_Timed(connected, until), body)
        except (OSError, http.client.HTTPException) as error:
            raise HookFailed(_words(error)) from error
        if 300 <= status < 400:
            raise HookFailed(f"it answered {status}, and no redirect is followed", again=False)
        if not 200 <= status < 300:
            raise HookFailed(f"it answered {status}", again=status >= 500 or status in _AGAIN)

    def _secured(self, plain: socket.socket, until: Callable[[], float]) -> socket.socket:
        if self._tls is None:
            return plain
        plain.settimeout(_left(until))  # of the handshake as a whole
        return self._tls.wrap_socket(plain, server_hostname=self._host)

    def _posted(self, timed: _Timed, body: bytes) -> int:
        """The answer's status."""
        connection = http.client.HTTPConnection(self._host, self._port)
        connection.sock = timed  # of a socket it is asked for no more than that
        try:
            connection.request("POST", self._target, body, self._headers)
            answer = connection.getresponse()
            with suppress(OSError, http.client.HTTPException), answer:
                answer.read(_MOST_READ)
            return answer.status
        finally:
            connection.close()


class _Timed:
    """A connected socket of which every wait ends in time, whatever number of waits there are."""

    def __init__(self, connected: socket.socket, until: Callable[[], float]) -> None:
        self._socket, self._until = connected, until

    def sendall(self, data: Any) -> None:
        self._socket.settimeout(_left(self._until))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._until))

    def close(self) -> None:
        """Whoever connected it closes it."""


class _Reader(io.RawIOBase):
    def __init__(self, connected: socket.socket, until: Callable[[], float]) -> None:
        self._socket, self._until = connected, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._until))
        return self._socket.recv_into(buffer)


def _connected(host: str, port: int, until: Callable[[], float]) -> socket.socket:
    """To the first of its addresses that answers; each may take its share of the time that is left."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failed: OSError = ConnectionError("it has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        found = None
        try:
            found = socket.socket(family, kind, protocol)
            found.settimeout(_left(until) / (len(addresses) - number))
            found.connect(address)
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # headers and body go one after the other
            return found
        except OSError as error:
            failed = error
            if found is not None:
                found.close()
    raise failed


def _tls() -> ssl.SSLContext:
    import ssl  # its certificates take memory that a plain address does not need

    return ssl.create_default_context()


def _left(until: Callable[[], float]) -> float:
    """Seconds.

    Raises:
        TimeoutError: none.
    """
    left = until() - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, OSError):
        closed = _CLOSED if error.errno in _SANDBOX else ""
        return f"{error.strerror or error or type(error).__name__}{closed}"
    return f"it answered what is no HTTP ({type(error).__name__})"
