"""Our own way in: `POST /cut`, whose body is the photo, and whose answer is the cut-out; `POST /snap`, whose photo is the
camera's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.config.keys import Advised, Key
from edge.config.options import COLOURS, Options
from edge.config.schema import PROFILE_KEYS
from edge.http.answers import CUT_OUT_CONTENT, CutResponse, plain_refusal
from edge.http.contract import Contract, CutEndpoint, Shared
from edge.http.refused import invalid
from edge.http.slots import Slot
from edge.http.upload import read_body, read_form
from matting.backgrounds.base import ImageFile
from matting.backgrounds.registry import parse_background
from matting.errors import SettingsError

# One file is answered, so the matte beside it cannot be asked for: format=alpha gives it alone.
_KEYS: Mapping[str, Key] = {name: key for name, key in PROFILE_KEYS.items() if name != "mask"}
_PHOTO, _BACKGROUND = "photo", "background"
_LONGEST_COUNTDOWN = 60


def _routes(shared: Shared) -> Sequence[Route]:
    async def cut(request: Request, slot: Slot) -> Response:
        options = _options(request.query_params, shared.defaults)
        own_background = False
        if request.headers.get("content-type", "").startswith("multipart/"):
            assert slot.background is not None
            form = await read_form(request, {_PHOTO: slot.photo, _BACKGROUND: slot.background}, shared.body)
            if _PHOTO not in form.files:
                raise invalid("the form has no file called photo")
            own_background = _BACKGROUND in form.files
        else:
            await read_body(request, slot.photo, shared.body)
        return CutResponse(await slot.cut(options, request.receive, own_background=own_background))

    async def snap(request: Request, slot: Slot) -> Response:
        return CutResponse(await slot.snap(_countdown(request.query_params), request.receive))

    return [
        Route("/cut", CutEndpoint(shared, cut, plain_refusal, background=True), methods=["POST"]),
        Route("/snap", CutEndpoint(shared, snap, plain_refusal), methods=["POST"]),
    ]


def _countdown(query: Mapping[str, str]) -> float:
    try:
        seconds = float(query.get("countdown", "0"))
    except ValueError:
        seconds = -1.0
    if set(query) - {"countdown"} or not 0 <= seconds <= _LONGEST_COUNTDOWN:
        raise invalid(f"a snap takes countdown, a number of seconds from 0 to {_LONGEST_COUNTDOWN}, and nothing else")
    return seconds


def _options(query: Mapping[str, str], defaults: Options) -> Options:
    """The keys of [matting], as in the configuration, over the service's settings."""
    found: dict[str, Any] = {}
    for written, text in query.items():
        name = written.replace("-", "_")
        if name not in _KEYS:
            raise invalid(f"{written!r} is nothing that can be asked for, expected one of {', '.join(_KEYS)}")
        try:
            found[name] = _KEYS[name].read(_value(text))
        except (ValueError, SettingsError) as error:
            expected = str(error) if isinstance(error, Advised) else _KEYS[name].expected
            raise invalid(f"{written} is {text[:200]!r}, expected {expected}") from error
    if isinstance(parse_background(found.get("background", "none")), ImageFile):
        raise invalid("a picture as background must be sent: as the file background of a form, beside the file photo")
    if "colours" in found:
        found["to_srgb"] = COLOURS[found.pop("colours")]
    if {"check", "sheet"} & found.keys() and found.get("id_photo", defaults.id_photo) is None:
        raise invalid("check and sheet are made of ID photos: ask for id_photo too")
    return replace(defaults, **found)


def _value(text: str) -> Any:
    """Numbers, true and false as TOML would have them."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


_SAID = {
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error", "reason"],
                "properties": {"error": {"type": "string"}, "reason": {"type": "string"}},
            }
        }
    }
}
_FILE = {"type": "string", "format": "binary"}
_PATHS: dict[str, Any] = {
    "/cut": {
        "post": {
            "summary": "Cut the person out of a photo",
            "parameters": [
                {"name": name, "in": "query", "description": key.help, "schema": {"type": "string"}}
                for name, key in _KEYS.items()
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "image/*": {"schema": _FILE},
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "required": [_PHOTO],
                            "properties": {_PHOTO: _FILE, _BACKGROUND: _FILE},
                        }
                    },
                },
            },
            "responses": {
                "200": {
                    "description": "the cut-out, or a ZIP of all that was asked for; the stages' times are in Server-Timing",
                    "content": CUT_OUT_CONTENT,
                },
                "400": {"description": "something is asked for that there is not", **_SAID},
                "422": {"description": "the photo cannot be cut, or nobody is in it", **_SAID},
            },
        }
    },
    "/snap": {
        "post": {
            "summary": "Take a picture with the camera, and cut the person out of it",
            "parameters": [
                {
                    "name": "countdown",
                    "in": "query",
                    "description": "seconds before the picture",
                    "schema": {"type": "number", "minimum": 0, "maximum": _LONGEST_COUNTDOWN},
                }
            ],
            "responses": {
                "200": {
                    "description": "the cut-out, which lies in the outbox too",
                    "content": CUT_OUT_CONTENT,
                },
                "400": {"description": "a countdown that there is not", **_SAID},
                "409": {"description": "no camera runs, or it gives no picture", **_SAID},
                "422": {"description": "the picture cannot be cut, or nobody is in it", **_SAID},
            },
        }
    },
}
CUT = Contract("edge-matting", ("/",), plain_refusal, _routes, _PATHS)
