"""withoutBG's service: `POST /v1.0/alpha-channel-base64` (its client: PyPI withoutbg 1.3.0)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.fs.temporary import write_all
from edge.http.answers import NO_STORE, pieces, server_timing
from edge.http.contract import Contract, CutEndpoint, Shared
from edge.http.refused import Refused, invalid
from edge.http.slots import Cut, Slot
from edge.http.upload import read_body

_PIECE = 3 << 16  # bytes: a multiple of three, so that the pieces' base64 is the whole's
# A body in JSON is whole in memory for a moment: one at a time.
_AT_A_TIME = asyncio.Lock()


class _Asked(msgspec.Struct):
    image_base64: str


def _routes(shared: Shared) -> Sequence[Route]:
    async def alpha(request: Request, slot: Slot) -> Response:
        await read_body(request, slot.photo, shared.body)
        async with _AT_A_TIME:
            _decode(slot.photo)
        cut = await slot.cut(replace(shared.defaults, format="alpha", background="none", crop=None), request.receive)
        return StreamingResponse(_json(cut), headers={**NO_STORE, **server_timing(cut)}, media_type="application/json")

    return [Route("/v1.0/alpha-channel-base64", CutEndpoint(shared, alpha, _say), methods=["POST"])]


def _decode(file: int) -> None:
    """What the JSON in `file` holds takes its place there."""
    try:
        asked = msgspec.json.decode(os.pread(file, os.fstat(file).st_size, 0), type=_Asked)
        photo = base64.b64decode(asked.image_base64.rpartition(",")[2], validate=True)
    except (msgspec.MsgspecError, UnicodeError, binascii.Error, ValueError) as error:
        raise invalid(f'the body is not {{"image_base64": "..."}}: {error}') from error
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    write_all(file, photo)


async def _json(cut: Cut) -> AsyncIterator[bytes]:
    yield b'{"alpha_base64":"'
    for piece in pieces(cut, _PIECE):
        yield base64.b64encode(piece)
    yield b'"}'


def _say(refused: Refused) -> Response:
    return JSONResponse({"error": str(refused)}, refused.status, {**NO_STORE, **refused.headers})


_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_SAID = {"content": {"application/json": {"schema": _ERROR}}}
_PATHS: dict[str, Any] = {
    "/v1.0/alpha-channel-base64": {
        "post": {
            "summary": "The matte of a photo, as withoutBG gives it",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["image_base64"],
                            "properties": {"image_base64": {"type": "string", "format": "byte"}},
                        }
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "a grey PNG in base64, of the photo's size",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["alpha_base64"],
                                "properties": {"alpha_base64": {"type": "string", "format": "byte"}},
                            }
                        }
                    },
                },
                str(HTTPStatus.BAD_REQUEST.value): {"description": "no such body", **_SAID},
                str(HTTPStatus.UNPROCESSABLE_ENTITY.value): {"description": "the photo cannot be cut, and why", **_SAID},
            },
        }
    }
}
WITHOUTBG = Contract("withoutBG", ("/v1.0/alpha-channel-base64",), _say, _routes, _PATHS)
