"""withoutBG's service: `POST /v1.0/alpha-channel-base64` (its client: PyPI withoutbg 1.3.0)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.http.answers import NO_STORE, base64_pieces, server_timing
from edge.http.base64_body import take_json
from edge.http.contract import Contract, CutEndpoint, Shared
from edge.http.refused import Refused, invalid
from edge.http.slots import Cut, Slot
from edge.http.upload import read_body

_NAME = "image_base64"


def _routes(shared: Shared) -> Sequence[Route]:
    async def alpha(request: Request, slot: Slot) -> Response:
        await read_body(request, slot.photo, shared.body)
        _, photos = take_json(slot.photo, (_NAME,))
        if not photos:
            raise invalid(f'the body is not {{"{_NAME}": "..."}}')
        options = replace(shared.defaults.as_in_the_photo(), format="alpha", background="none")
        cut = await slot.cut(options, request.receive)
        return StreamingResponse(_json(cut), headers={**NO_STORE, **server_timing(cut)}, media_type="application/json")

    return [Route("/v1.0/alpha-channel-base64", CutEndpoint(shared, alpha, _say), methods=["POST"])]


async def _json(cut: Cut) -> AsyncIterator[bytes]:
    yield b'{"alpha_base64":"'
    for piece in base64_pieces(cut):
        yield piece
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
