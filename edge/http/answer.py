"""What an endpoint gives: one short answer, or a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status code and a whole body; kind: its content type; reason: what stands beside the code, the usual without."""

    code: int
    kind: str
    body: bytes
    reason: str = ""

    def head(self) -> bytes:
        """Status line and headers."""
        allow = "Allow: GET, HEAD\r\n" if self.code == 405 else ""
        return _head(self.code, self.reason, self.kind, f"Content-Length: {len(self.body)}\r\n{allow}")


@dataclass(frozen=True, slots=True)
class Stream:
    """Chunks until there are no more, or the client leaves. The next one is asked for when the client has taken the last."""

    kind: str
    chunks: AsyncGenerator[bytes, None]

    def head(self) -> bytes:
        """Status line and headers."""
        return _head(200, "", self.kind, "")


# It is called on the server's loop, for GET and HEAD alike, and bounds its own time. A stream may take a place among few
# when its first chunk is asked for: nothing else runs on the loop between that and the endpoint's return.
Endpoint = Callable[[], Awaitable[Answer | Stream]]


def plain(code: int, words: str = "") -> Answer:
    """A line of text."""
    return Answer(code, "text/plain; charset=utf-8", f"{words or _REASONS[code]}\n".encode(), words)


def _head(code: int, reason: str, kind: str, more: str) -> bytes:
    line = f"HTTP/1.1 {code} {reason or _REASONS[code]}\r\nContent-Type: {kind}\r\n"
    return f"{line}{more}Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
