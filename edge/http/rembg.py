"""rembg's server: `POST /api/remove` (github.com/danielgatis/rembg, 2.0.86, MIT).

Whoever was written for it finds us in its place: PhotoboothProject's booth, napari-rembg, scripts with curl. The model's name
and what concerns its alpha matting are taken and change nothing: there is one network, and its matte has soft edges by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.config.options import Options
from edge.http.answers import NO_STORE, CutResponse
from edge.http.contract import Contract, CutEndpoint, Shared
from edge.http.refused import Refused
from edge.http.slots import Slot
from edge.http.upload import read_form

_TRUE, _FALSE = {"true", "1", "on", "yes", "t", "y"}, {"false", "0", "off", "no", "f", "n"}
_FLAGS = ("a", "om", "ppm", "dc", "vm")
_LONGEST_NUMBER = 4300  # characters, as with FastAPI
_LEVELS = {"af": 255, "ab": 255, "ae": 1 << 31}


class _Invalid(Exception):
    """A field is not as it should be; says so as FastAPI does."""

    def __init__(self, kind: str, where: str, name: str, words: str, given: str | None) -> None:
        super().__init__(words)
        self.detail = {"type": kind, "loc": [where, name], "msg": words, "input": given}


def _routes(shared: Shared) -> Sequence[Route]:
    async def remove(request: Request, slot: Slot) -> Response:
        try:
            form = await read_form(request, {"file": slot.photo}, shared.body)
            if "file" not in form.files:
                raise _Invalid("missing", "body", "file", "Field required", None)
            options = _options(form.fields, request.query_params, shared.defaults)
        except _Invalid as invalid:
            return JSONResponse({"detail": [invalid.detail]}, HTTPStatus.UNPROCESSABLE_ENTITY)
        return CutResponse(await slot.cut(options, request.receive))

    return [
        Route("/api/remove", CutEndpoint(shared, remove, _say), methods=["POST"]),
        Route("/api/remove", _by_address, methods=["GET"]),
    ]


async def _by_address(request: Request) -> Response:
    return JSONResponse({"detail": "this machine is offline and fetches no photos: send it by POST, as file"}, 400)


def _options(fields: Mapping[str, str], query: Mapping[str, str], defaults: Options) -> Options:
    flags = {name: _flag(name, fields[name]) for name in _FLAGS if name in fields}
    for name, most in _LEVELS.items():
        if name in fields:
            _number(name, fields[name], most)
    options = replace(defaults.as_in_the_photo(), crop=defaults.crop, format="png")
    if flags.get("om", False):
        return replace(options, format="alpha", background="none")
    return replace(options, background=_background(query["bgc"])) if query.get("bgc") else options


def _background(text: str) -> str:
    """ "r,g,b,a", each of 0 to 255, as a background of ours: all of it, or none."""
    numbers = [each.strip() for each in text.split(",")]
    if len(numbers) != 4 or not all(each.isdecimal() and len(each) <= 3 and int(each) <= 255 for each in numbers):
        raise _Invalid("value_error", "query", "bgc", "Input should be r,g,b,a, each a whole number of 0 to 255", text)
    red, green, blue, alpha = map(int, numbers)
    if alpha not in (0, 255):
        raise _Invalid("value_error", "query", "bgc", "Input should have 0 or 255 as its last number", text)
    return f"#{red:02X}{green:02X}{blue:02X}" if alpha else "none"


def _flag(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        words = "Input should be a valid boolean, unable to interpret input"
        raise _Invalid("bool_parsing", "body", name, words, text)
    return text.lower() in _TRUE


def _number(name: str, text: str, most: int) -> None:
    if not text.removeprefix("-").isdecimal():
        words = "Input should be a valid integer, unable to parse string as an integer"
        raise _Invalid("int_parsing", "body", name, words, text)
    if len(text) > _LONGEST_NUMBER:
        words = "Unable to parse input string as an integer, exceeded maximum size"
        raise _Invalid("int_parsing_size", "body", name, words, text)
    if int(text) < 0:
        raise _Invalid("greater_than_equal", "body", name, "Input should be greater than or equal to 0", text)
    if int(text) > most:
        raise _Invalid("less_than_equal", "body", name, f"Input should be less than or equal to {most}", text)


def _say(refused: Refused) -> Response:
    """A photo's own fault is 400 here: 422 is kept for what FastAPI says of fields."""
    status = HTTPStatus.BAD_REQUEST if refused.status == HTTPStatus.UNPROCESSABLE_ENTITY else refused.status
    return JSONResponse({"detail": str(refused)}, status, {**NO_STORE, **refused.headers})


_DETAIL = {"type": "object", "required": ["detail"], "properties": {"detail": {}}}
_SAID = {"content": {"application/json": {"schema": _DETAIL}}}
_PATHS: dict[str, Any] = {
    "/api/remove": {
        "post": {
            "summary": "Cut the person out, as rembg's server does",
            "parameters": [
                {
                    "name": "bgc",
                    "in": "query",
                    "description": "colour of the background: r,g,b,a",
                    "schema": {"type": "string", "pattern": r"^\d{1,3},\d{1,3},\d{1,3},(0|255)$"},
                },
                {"name": "extras", "in": "query", "description": "ignored", "schema": {"type": "string"}},
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "required": ["file"],
                            "properties": {
                                "file": {"type": "string", "format": "binary"},
                                "model": {"type": "string", "description": "any name: ours answers"},
                                "om": {"type": "boolean", "description": "only the matte"},
                                **{name: {"type": "boolean", "description": "ignored"} for name in _FLAGS if name != "om"},
                                **{
                                    name: {"type": "integer", "minimum": 0, "maximum": most, "description": "ignored"}
                                    for name, most in _LEVELS.items()
                                },
                            },
                        }
                    }
                },
            },
            "responses": {
                "200": {"description": "the cut-out", "content": {"image/png": {}}},
                "400": {"description": "the photo cannot be cut, and why", **_SAID},
                "422": {"description": "a field is missing or wrong", **_SAID},
            },
        },
        "get": {
            "summary": "Refused: photos are not fetched",
            "responses": {"400": {"description": "why", **_SAID}},
        },
    }
}
REMBG = Contract("rembg", ("/api/",), _say, _routes, _PATHS)
