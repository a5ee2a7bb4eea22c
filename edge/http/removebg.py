"""remove.bg's service, v1.0: `POST /v1.0/removebg` (its clients: PyPI removebg 0.04, npm remove.bg 1.3.0).

A length in px is of the photo's own pixels, also where the result is smaller; the foreground's place is in the result's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.http.answers import NO_STORE, CutResponse, base64_pieces, server_timing
from edge.http.base64_body import take_json, take_text, take_urlencoded
from edge.http.contract import Contract, CutEndpoint, Shared
from edge.http.refused import BODY_TOO_LARGE, BUSY, FORBIDDEN, INVALID, NO_PERSON, UNAUTHORIZED, Refused, invalid
from edge.http.removebg_docs import PATHS
from edge.http.removebg_fields import options_of
from edge.http.slots import Cut, Slot
from edge.http.upload import read_body, read_form
from matting.photo import Box

_FILE, _BASE64, _BACKGROUND = "image_file", "image_file_b64", "bg_image_file"
_MISSING, _MULTIPLE = "MissingSource", "MultipleSources"
# Our names of errors -> the codes of theirs; others are called as HTTP calls their status.
_CODES = {
    NO_PERSON: "unknown_foreground",
    "PhotoTooLarge": "file_too_large",
    BODY_TOO_LARGE: "file_too_large",
    "UnreadablePhoto": "invalid_file_type",
    "UnsupportedPhoto": "invalid_file_type",
    "RefusedFile": "invalid_file_type",
    "SettingsError": "invalid_parameter",
    INVALID: "invalid_parameter",
    _MISSING: "missing_source",
    _MULTIPLE: "multiple_sources",
    UNAUTHORIZED: "auth_failed",
    FORBIDDEN: "auth_failed",
    BUSY: "rate_limit_exceeded",
}
_STATUSES = {
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED: HTTPStatus.FORBIDDEN,
}
_NOBODY = Box(0, 0, 0, 0)
_PLENTY = 1_000_000


def _routes(shared: Shared) -> Sequence[Route]:
    async def remove(request: Request, slot: Slot) -> Response:
        fields, own_background = await _read(request, slot, shared.body)
        options = options_of(fields, shared.defaults, own_background=own_background)
        cut = await slot.cut(options, request.receive, own_background=own_background and options.format != "alpha")
        headers = _facts(cut, typed=fields.get("type_level", "").strip().lower() != "none")
        if _wants_json(request):
            headers = {**NO_STORE, **server_timing(cut), **headers}
            return StreamingResponse(_json(cut), headers=headers, media_type="application/json")
        return CutResponse(cut, headers)

    return [
        Route("/v1.0/removebg", CutEndpoint(shared, remove, _say, background=True), methods=["POST"]),
        Route("/v1.0/account", _account, methods=["GET"]),
        Route("/v1.0/improve", _improve, methods=["POST"]),
    ]


async def _read(request: Request, slot: Slot, limit: int) -> tuple[Mapping[str, str], bool]:
    """The fields, and whether a background came with them; the photo is in the slot's file.

    Raises:
        Refused: the body is wrong, or holds no photo or two.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    own_background = False
    if kind == "multipart/form-data":
        assert slot.background is not None
        targets = {_FILE: slot.photo, _BASE64: slot.photo, _BACKGROUND: slot.background}
        form = await read_form(request, targets, limit)
        fields, photos = form.fields, {name for name in (_FILE, _BASE64) if form.files.get(name)}
        own_background = bool(form.files.get(_BACKGROUND))
        if photos == {_BASE64}:
            take_text(slot.photo, _BASE64)
    elif kind in ("application/json", "application/x-www-form-urlencoded", ""):
        size = await read_body(request, slot.photo, limit)
        if size and not kind:
            raise invalid("the request does not say of which Content-Type its body is")
        take = take_json if kind == "application/json" else take_urlencoded
        fields, photos = take(slot.photo, (_BASE64,))
        if fields.get(_FILE) or fields.get(_BACKGROUND):
            raise invalid(f"{_FILE} and {_BACKGROUND} are files, which come by multipart/form-data")
    else:
        raise invalid("the body is neither multipart/form-data nor application/x-www-form-urlencoded nor application/json")
    if not photos and not fields.get("image_url"):  # which is refused in words of its own
        raise Refused(HTTPStatus.BAD_REQUEST, _MISSING, f"there is no photo: send it as {_FILE} or {_BASE64}")
    if len(photos) > 1:
        raise Refused(HTTPStatus.BAD_REQUEST, _MULTIPLE, f"there are two photos: send {_FILE} or {_BASE64}")
    return fields, own_background


def _facts(cut: Cut, *, typed: bool) -> dict[str, str]:
    """The headers that tell of the result. typed: whether the kind of foreground is asked for."""
    facts = {
        **({"X-Type": "person"} if typed else {}),
        "X-Width": cut.width,
        "X-Height": cut.height,
        "X-Credits-Charged": 0,
        **{f"X-{name.replace('_', '-').title()}": value for name, value in _foreground(cut).items()},
    }
    return {name: str(value) for name, value in facts.items()}


def _foreground(cut: Cut) -> dict[str, int]:
    """In pixels of the result."""
    box = cut.foreground or _NOBODY
    return {
        "foreground_top": box.top,
        "foreground_left": box.left,
        "foreground_width": box.width,
        "foreground_height": box.height,
    }


def _wants_json(request: Request) -> bool:
    """Programs that take anything list JSON among it: they want the picture."""
    accepted = request.headers.get("accept", "").lower()
    return "application/json" in accepted and "*/*" not in accepted and "image/" not in accepted


async def _json(cut: Cut) -> AsyncIterator[bytes]:
    yield b'{"data":{"result_b64":"'
    for piece in base64_pieces(cut):
        yield piece
    yield b'",' + msgspec.json.encode(_foreground(cut))[1:] + b"}"


async def _account(request: Request) -> Response:
    """Some programs ask for credits before they send anything: there are always enough."""
    credits = {"total": _PLENTY, "subscription": _PLENTY, "payg": 0, "enterprise": 0}
    attributes = {"credits": credits, "api": {"free_calls": _PLENTY, "sizes": "all"}}
    return JSONResponse({"data": {"attributes": attributes}}, headers=NO_STORE)


async def _improve(request: Request) -> Response:
    return _say(invalid("no photo leaves this machine, so that none can be given to improve anything"))


def _say(refused: Refused) -> Response:
    code = _CODES.get(refused.name, HTTPStatus(refused.status).name.lower())
    status = _STATUSES.get(HTTPStatus(refused.status), refused.status)
    table = {"errors": [{"title": str(refused), "code": code}]}
    return JSONResponse(table, status, {**NO_STORE, **refused.headers})


REMOVEBG = Contract("remove.bg", ("/v1.0/",), _say, _routes, PATHS)
