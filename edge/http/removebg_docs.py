"""remove.bg's part of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from edge.http.removebg_fields import CHANNELS, FORMATS, SIZES, TYPE_LEVELS, TYPES


def _text(description: str, *words: str) -> dict[str, Any]:
    return {"type": "string", "description": description, **({"enum": list(words)} if words else {})}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


_FIELDS: dict[str, Any] = {
    "size": _text("the most pixels of the result: 0.25, 1.5, 4, 10 or 50 million, or the photo's; preview without", *SIZES),
    "type": _text("any of these, and people are cut out", *TYPES),
    "type_level": _text("none: without X-Type", *TYPE_LEVELS),
    "format": _text("auto: jpg before a background, else png; zip: color.jpg and alpha.png", *FORMATS),
    "channels": _text("alpha: the matte alone", *CHANNELS),
    "roi": _text("x1 y1 x2 y2 in px or %: only there is anybody cut out"),
    "crop": _flag("crop to the person"),
    "crop_margin": _text("one, two or four lengths in px or % around a crop, each of at most 500px or 50%"),
    "scale": _text("10% to 100%: the share of the picture that the person fills, or original"),
    "position": _text("one or two shares of 0% to 100%, center or original"),
    "semitransparency": _flag("changes nothing for people"),
    "bg_color": _text("digits such as 81d4fa, or a name such as green"),
    "add_shadow": _flag("refused where it is true"),
}
_BASE64 = {"image_file_b64": {"type": "string", "format": "byte", "description": "the photo"}}
_FILES = {
    "image_file": {"type": "string", "format": "binary", "description": "the photo"},
    "bg_image_file": {"type": "string", "format": "binary", "description": "the picture behind the person"},
}
_FOREGROUND = ("foreground_top", "foreground_left", "foreground_width", "foreground_height")
HEADERS = (
    *("X-Type", "X-Width", "X-Height", "X-Credits-Charged"),
    *(f"X-{name.replace('_', '-').title()}" for name in _FOREGROUND),
)
_RESULT = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "object",
            "required": ["result_b64", *_FOREGROUND],
            "properties": {
                "result_b64": {"type": "string", "format": "byte"},
                **{name: {"type": "integer", "minimum": 0} for name in _FOREGROUND},
            },
        }
    },
}
_ERRORS = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["title", "code"],
                "properties": {"title": {"type": "string"}, "code": {"type": "string"}},
            },
        }
    },
}
_SAID = {"content": {"application/json": {"schema": _ERRORS}}}
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/tiff", "application/zip")
PATHS: dict[str, Any] = {
    "/v1.0/removebg": {
        "post": {
            "summary": "Cut the person out, as remove.bg does",
            "requestBody": {
                "required": True,
                "content": {
                    "multipart/form-data": {"schema": {"type": "object", "properties": {**_FILES, **_BASE64, **_FIELDS}}},
                    "application/json": {"schema": {"type": "object", "properties": {**_BASE64, **_FIELDS}}},
                    "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {**_BASE64, **_FIELDS}}},
                },
            },
            "responses": {
                "200": {
                    "description": "the cut-out, or for Accept: application/json the same in base64",
                    "headers": {name: {"schema": {"type": "string"}} for name in HEADERS},
                    "content": {**{kind: {} for kind in _IMAGES}, "application/json": {"schema": _RESULT}},
                },
                "400": {"description": "a field is wrong, the photo cannot be cut, or nobody is in it", **_SAID},
            },
        }
    },
    "/v1.0/account": {
        "get": {
            "summary": "There are always enough credits",
            "responses": {
                "200": {
                    "description": "in remove.bg's shape",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "400": {"description": "never", **_SAID},
            },
        }
    },
    "/v1.0/improve": {
        "post": {"summary": "Refused: no photo leaves this machine", "responses": {"400": {"description": "why", **_SAID}}}
    },
}
