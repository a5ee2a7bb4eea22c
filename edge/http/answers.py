"""What goes back to clients: a cut-out from its file, and small answers in JSON."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from edge.http.refused import Refused
from edge.http.slots import Cut

_PIECE = 256 * 1024  # bytes
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".tif": "image/tiff", ".zip": "application/zip"}
# For the documentation: what a cut-out may be.
CUT_OUT_CONTENT: Mapping[str, Mapping[str, object]] = {kind: {} for kind in _KINDS.values()}
# Photos of people: nobody between keeps them.
NO_STORE = {"Cache-Control": "no-store"}


class CutResponse(Response):
    """The cut-out, a piece at a time: only that is in this process's memory."""

    def __init__(self, cut: Cut, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(media_type=media_type(cut.suffix))
        self._cut = cut
        self.headers.update({**NO_STORE, "Content-Length": str(cut.length), **server_timing(cut), **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in pieces(self._cut):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def pieces(cut: Cut, size: int = _PIECE) -> Iterator[bytes]:
    """The file's bytes, `size` at a time."""
    offset = 0
    while piece := os.pread(cut.file, size, offset):
        yield piece
        offset += len(piece)


def base64_pieces(cut: Cut) -> Iterator[bytes]:
    """The file's bytes in base64."""
    return map(base64.b64encode, pieces(cut, _PIECE // 3 * 3))  # of a multiple of three each, so that they make up the whole's


def media_type(suffix: str) -> str:
    return _KINDS.get(suffix, "application/octet-stream")


def server_timing(cut: Cut) -> dict[str, str]:
    """How long each stage took, in milliseconds (w3.org/TR/server-timing)."""
    if not cut.stage_ms:
        return {}
    return {"Server-Timing": ", ".join(f"{stage};dur={ms:.1f}" for stage, ms in cut.stage_ms.items())}


def plain_refusal(refused: Refused) -> Response:
    """The shape of our own endpoints."""
    table = {"error": refused.name, "reason": str(refused)}
    return JSONResponse(table, refused.status, {**NO_STORE, **refused.headers})
