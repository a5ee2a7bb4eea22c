"""Who may come in: the host by which a client calls us, the page that its browser shows, the key that it has."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Callable, Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.http.refused import FORBIDDEN, INVALID, UNAUTHORIZED, Refused

# Anybody may ask whether we live: it tells nothing of photos.
_OPEN = frozenset({"/healthz"})

# In which shape a path's clients expect a refusal.
Say = Callable[[str, Refused], Response]


class Guard:
    """ASGI in front of all endpoints. key: "" for none. hosts, origins: as the configuration has them, in lower case.

    The host is checked against DNS rebinding: an address cannot be rebound, a name that is not ours is refused. A browser
    sends a form to us from any page without asking, so a page's origin must be ours or listed.
    """

    def __init__(self, app: ASGIApp, say: Say, *, key: str, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app, self._say, self._key, self._origins = app, say, key.encode(), frozenset(origins)
        name = socket.gethostname().lower()
        self._hosts = frozenset({"localhost", name, f"{name}.local", *hosts})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            self._check(Headers(scope=scope), scope["path"], scope["scheme"])
        except Refused as refused:
            await self._say(scope["path"], refused)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check(self, headers: Headers, path: str, scheme: str) -> None:
        if "transfer-encoding" in headers and "content-length" in headers:  # of two servers each would believe another
            words = "the length of the body is given in two ways"
            raise Refused(HTTPStatus.BAD_REQUEST, INVALID, words, close=True)
        host = headers.get("host", "")
        if not self._is_ours(host):
            words = "the Host header names another machine: call this one by its address, or list the name in http.hosts"
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, FORBIDDEN, words)
        origin = headers.get("origin", "").lower()
        if origin and origin != f"{scheme}://{host}".lower() and origin not in self._origins:
            raise Refused(HTTPStatus.FORBIDDEN, FORBIDDEN, f"pages from {origin[:100]} may not send photos: see http.origins")
        if self._key and path not in _OPEN and not hmac.compare_digest(_shown(headers).encode(), self._key):
            words = "the key is missing or wrong: send it as X-Api-Key"
            raise Refused(HTTPStatus.UNAUTHORIZED, UNAUTHORIZED, words)

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            ipaddress.ip_address(name)
            return True
        except ValueError:
            pass
        return host.rpartition(":")[0].lower() in self._hosts or host.lower() in self._hosts


def _shown(headers: Headers) -> str:
    """The key that a client shows, in the ways that clients have."""
    bearer = headers.get("authorization", "")
    return headers.get("x-api-key") or (bearer[7:] if bearer.lower().startswith("bearer ") else "")
